//! What people write who want no more messages, by language. Each is a whole message: "stop", not "stop by".
//!
//! Sources: the words that carriers and WhatsApp's partners honour by default (STOP, STOPALL, UNSUBSCRIBE, CANCEL, END,
//! QUIT, OPTOUT, REVOKE and their translations), and the plain ways of saying the same.

/// The words, by language, with `|` between them; normalised like what is written.
const WORDS: &[&str] = &[
    // English
    "stop | stopall | stop all | unsubscribe | unsubscribe me | unsub | cancel | end | quit | revoke | opt out | \
     optout | opt me out | remove | remove me | stop it | stop now | stop this | stop promotions | \
     stop promotion | stop promo | stop messages | stop message | stop messaging | stop messaging me | \
     stop texting | stop texting me | stop sending | stop sending messages | stop sending me messages | \
     stop spamming | stop spamming me | stop spam | stop ads | stop marketing | no more messages | \
     do not message me | dont message me | do not text me | dont text me | do not contact me | dont contact me | \
     do not disturb | dnd | take me off | take me off your list | remove me from your list | \
     remove me from the list | remove my number | delete my number | leave me alone",
    // Hindi, in both scripts
    "बंद | बंद करो | बंद करें | बंद कर दो | बंद कीजिए | रोको | रोकें | रुको | मैसेज बंद करो | मैसेज मत भेजो | \
     संदेश मत भेजो | मत भेजो | स्टॉप | अनसब्सक्राइब | band karo | bandh karo | band kar do | band kare | \
     message band karo | msg band karo | mat bhejo | message mat bhejo | msg mat bhejo | stop karo",
    // Spanish
    "parar | para | alto | baja | dar de baja | darme de baja | dame de baja | quiero darme de baja | cancelar | \
     cancelar suscripcion | anular | salir | detener | no mas mensajes | no enviar mas | no me escriban | \
     no me escriban mas | no molestar | basta | desuscribir | desuscribirme | eliminarme",
    // Portuguese
    "pare | sair | parar mensagens | descadastrar | me descadastre | cancelar inscricao | cancela | remover | \
     me remova | remover meu numero | chega | nao quero mais | nao quero mais mensagens | nao enviar mais | \
     nao me envie mais mensagens | nao mande mais mensagens",
    // German
    "stopp | stoppen | abmelden | abbestellen | abmeldung | austragen | kündigen | beenden | ende | aufhören | \
     keine nachrichten | keine nachrichten mehr | keine werbung | keine werbung mehr | \
     bitte keine werbung mehr | bitte abmelden | widerruf | widerrufen",
    // French
    "arret | arreter | arretez | arrete | desabonner | desabonnement | desabonnez moi | me desabonner | \
     se desabonner | desinscription | desinscrire | me desinscrire | annuler | resilier | retirez moi | \
     plus de messages | plus de pub | ne plus recevoir | stop pub",
    // Italian
    "ferma | fermare | fermati | basta messaggi | annulla | annulla iscrizione | cancellami | disiscrivi | \
     disiscrivimi | disiscrizione | rimuovi | rimuovimi | non scrivetemi",
    // Dutch
    "afmelden | uitschrijven | stoppen met berichten | opzeggen | geen berichten meer | geen reclame",
    // Arabic
    "توقف | توقفوا | ايقاف | إيقاف | أوقف | اوقف | وقف | الغاء | إلغاء | الغاء الاشتراك | إلغاء الاشتراك | كفى | \
     لا ترسل | لا ترسلوا | لا تراسلني | لا اريد رسائل | ستوب",
    // Indonesian and Malay
    "berhenti | stop kirim | hentikan | batal | batalkan | batal langganan | berhenti langganan | \
     berhenti berlangganan | keluar | jangan kirim | jangan kirim lagi | jangan hubungi saya | \
     hapus nomor saya | henti | jangan hantar | jangan hantar lagi",
    // Turkish
    "dur | durdur | iptal | iptal et | abonelikten çık | aboneliği iptal et | mesaj atmayın | istemiyorum | ret",
    // Russian
    "стоп | отписаться | отписка | отпишите | отпишите меня | отмена | прекратить | прекратите | хватит | \
     не пишите | не пишите мне | удалите меня | удалите мой номер",
    // Urdu
    "بند کرو | بند کریں | روکو | مت بھیجو | میسج مت بھیجو",
    // Bengali
    "বন্ধ | বন্ধ করুন | বন্ধ করো | থামুন | থামো | মেসেজ পাঠাবেন না",
    // Tamil, Telugu, Marathi
    "நிறுத்து | நிறுத்தவும் | நிறுத்துங்கள் | ఆపు | ఆపండి | నిలిపివేయండి | थांबा | थांबवा | बंद करा | \
     मेसेज पाठवू नका",
    // Swahili, Vietnamese, Thai
    "acha | simama | sitisha | jiondoe | dừng | dừng lại | hủy | huỷ | ngừng | หยุด | ยกเลิก | เลิกส่ง",
    // Chinese, Japanese, Korean
    "停止 | 停 | 退订 | 取消 | 取消订阅 | 退訂 | 取消訂閱 | 别发了 | 不要再发 | 配信停止 | 停止してください | 解除 | 登録解除 | やめて | やめてください | 중지 | 그만 | \
     수신거부 | 구독취소 | 해지",
    // Swedish, Norwegian, Danish, Finnish
    "sluta | slutt | stans | avsluta | avregistrera | avregistrera mig | avprenumerera | avmeld | afmeld | \
     afmeld mig | meld meg av | frameld | lopeta | lopettakaa | seis | peru | peruuta | peruuta tilaus",
    // Polish, Czech, Romanian, Greek, Hungarian
    "rezygnuję | wypisz | wypisz mnie | koniec | przestań | przestańcie | dość | anuluj | odhlásit | odhlašte | \
     přestaňte | dost | dezabonare | opriți | ajunge | σταματήστε | σταμάτα | στοπ | διαγραφή | διαγράψτε με | \
     leiratkozás | leiratkozom",
    // Ukrainian
    "стоп | досить | відписатися | відписка | припиніть | не пишіть | годі",
    // Hebrew
    "הסר | הסירו | להסיר | הסירו אותי | תסירו אותי | די | עצור | הפסק | תפסיק | תפסיקו | סטופ",
    // Bengali, Gujarati, Kannada, Malayalam, Punjabi, Telugu, Tamil, Urdu
    "স্টপ | બંધ | બંધ કરો | રોકો | ನಿಲ್ಲಿಸಿ | ನಿಲ್ಲಿಸು | നിർത്തുക | നിർത്തൂ | ਬੰਦ ਕਰੋ | ਰੋਕੋ | ఆపేయండి | వద్దు | \
     வேண்டாம் | ಬೇಡ | വേണ്ട | روکیں | bas karo | nahi chahiye | nahin chahiye | रोक दो | नहीं चाहिए | नको | \
     nako | vaddu | vendam | beda | bondho korun",
    // More of the languages above
    "no quiero | ya no quiero | no quiero mas | deja | dejen | nao quero | parem | nao me mandem | quero sair | \
     assez | cessez | ne m'envoyez plus | genug | aufhoren | smettetela | ophouden | قف | كفى رسائل | خلاص | \
     别再发 | 别再发了 | 不要再发了 | 不要发了 | 退出 | 取り消し | もう送らないで | how do i unsubscribe | how can i unsubscribe | \
     how do i stop this | how do i opt out | stop me | cease and desist | no more | no more please | i quit | \
     stop sending this | unsubscribe all | denme de baja | хочу отписаться | hủy đăng ký | not interested stop",
];

/// The words and phrases, one by one.
pub(super) fn words() -> impl Iterator<Item = &'static str> {
    WORDS.iter().flat_map(|group| group.split('|')).map(str::trim)
}

/// Single words that are understood also with letters doubled, swapped, left out or written as digits.
pub(super) const SLIPS: [&str; 7] =
    ["stop", "stopall", "unsubscribe", "abmelden", "desinscription", "descadastrar", "cancelar"];

/// Sentences that say nothing beside a stop, and are none by themselves.
pub(super) const COMPANIONS: &str = "hi | hello | hey | dear sir | sorry | no | ok | no thanks | no thank you | not interested | \
 i am not interested | im not interested | we are not interested | thanks | thank you | please | \
 wrong number | who is this | who are you | enough | enough spam | this is spam | spam | no me interesa | \
 no estoy interesado | hola | não tenho interesse | obrigado | pas intéressé | ça ne m'intéresse pas | \
 kein interesse | non sono interessato | не интересно | mujhe interest nahi hai";

/// What is said out of politeness, before or after.
pub(super) const POLITE: &str = "please | pls | plz | plss | kindly | thanks | thank you | thx | hi | hello | sir | por favor | gracias | \
 obrigado | bitte | danke | s il vous plait | svp | merci | per favore | tolong | प्लीज़ | now | right now | \
 immediately | at once | hey | dear | bro | madam | yaar | bhai | porfa | aub | alstublieft | snälla | \
 tack | takk | kiitos | proszę | dziękuję | παρακαλώ | пожалуйста | спасибо | будь ласка | lütfen | \
 من فضلك | رجاء | الرجاء | בבקשה | תודה | कृपया | 请 | i want to | i would like to | can you | \
 can you please | could you";
