//! Words by which a header says that its column holds phone numbers, or that it doesn't. As people write them; they
//! are compared folded (see `words`).

/// WhatsApp.
pub(super) const WHATSAPP: &str = "whatsapp whatsap watsapp whatapp wapp wa whattsapp \
    व्हाट्सएप व्हाट्सऐप व्हाट्सप व्हॉट्सअॅप व्हॉट्सॲप व्हाट्सअप हवाट्सएप واتساب واتس واتسآب واتساپ واتس‌اپ واٹس واٹسایپ হোয়াটসঅ্যাপ হোয়াটসঅ্যাপ \
    వాట్సాప్ వాట్సప్ வாட்ஸ்அப் வாட்சப் வாட்ஸ்ஆப் வாட்ஸப் વોટ્સએપ વ્હોટ્સએપ વોટ્સેપ ವಾಟ್ಸಾಪ್ ವಾಟ್ಸಪ್ ವಾಟ್ಸ್ಆಪ್ \
    വാട്ട്സ്ആപ്പ് വാട്സാപ്പ് വാട്സ്ആപ്പ് വാട്ട്‌സ്ആപ്പ് ਵਟਸਐਪ ਵੱਟਸਐਪ ਵ੍ਹਟਸਐਪ וואטסאפ ווטסאפ ווצאפ ватсап вотсап вацап ватсапп ватцап \
    왓츠앱 ワッツアップ วอตส์แอปป์ วอทส์แอป วอตส์แอป wasap whatsappnr";

/// Text messages.
pub(super) const SMS: &str = "sms 短信 смс esemes";

/// A mobile.
pub(super) const MOBILE: &str = "mobile mobiles mob cell cellphone cellular gsm handphone hp handset smartphone celular cel celulares \
    movil móvil móviles portable handy mobil mobilnummer mobilfunk mobilfunknummer mobiltelefon mobilnr handynummer handynr \
    natel cellulare cellulari telemovel telemóvel mobiel mobieltje ponsel seluler bimbit cep komórka komórkowy komórkowe komórkowego \
    мобильный мобильного мобильные мобильная сотовый сотовая моб мобільний мобільного मोबाइल मोबाईल भ्रमणध्वनी মোবাইল মুঠোফোন మొబైల్ \
    మొబైలు மொபைல் கைபேசி அலைபேசி மொபைல்எண் મોબાઇલ મોબાઈલ ಮೊಬೈಲ್ മൊബൈൽ ਮੋਬਾਈਲ ਮੋਬਾਇਲ موبايل موبایل موبائل جوال الجوال محمول \
    المحمول خلوي الخلوي نقال النقال همراه تلفن‌همراه נייד סלולרי הנייד הסלולרי rununu dtdd κινητό κινητού kännykkä matkapuhelin";

/// A telephone.
pub(super) const PHONE: &str = "phone phones telephone tel telefon telefono teléfono teléfonos téléphone telefone telefones telefoon \
    telefoonnummer fone fon telpon telepon telp tlp telf tfno tlf telefonnummer telefonnr rufnummer fernsprecher telefonu \
    telefonszám puhelin puhelinnumero msisdn телефон телефона телефону тел телефоны τηλέφωνο τηλεφώνου फ़ोन फोन दूरभाष टेलीफोन दूरध्वनी \
    ফোন টেলিফোন ఫోన్ టెలిఫోన్ போன் ஃபோன் தொலைபேசி ફોન ટેલિફોન ಫೋನ್ ದೂರವಾಣಿ ഫോൺ ടെലിഫോൺ ਫ਼ੋਨ ਫੋਨ ਟੈਲੀਫੋਨ هاتف الهاتف هاتفك \
    تليفون التليفون تلفون التلفون تلفن فون ٹیلیفون טלפון פלאפון הטלפון simu sdt sđt đt thoại phonenum";

/// A number, a contact: of what, the cells have to show.
pub(super) const WEAK: &str = "number numbers contact contacts numero número numéro nummer номер номера numara numarası kontakt kontak kontakte contacto \
    contato contatto contatti recapito contactnummer контакт контакты नंबर नम्बर क्रमांक संपर्क सम्पर्क নম্বর নাম্বার যোগাযোগ నంబర్ నెంబర్ నంబరు \
    సంప్రదించండి எண் தொடர்பு નંબર સંપર્ક ಸಂಖ್ಯೆ ನಂಬರ್ ಸಂಪರ್ಕ നമ്പർ നമ്പര് ബന്ധപ്പെടുക ਨੰਬਰ ਸੰਪਰਕ رقم أرقام نمبر شماره رابطہ מספר \
    numer liczba nomor nombor số namba mawasiliano iletişim contactar";

/// Words of scripts that put no blanks between words, by the class of the lists above.
pub(super) const WITHOUT_BLANKS: [(u8, &str); 6] = [
    (2, "短信"),
    (3, "手机 手機 行動電話 移动电话 携帯 スマホ ケータイ 휴대폰 휴대전화 핸드폰 มือถือ"),
    (4, "电话 電話 联系方式 聯絡電話 联系电话 연락처 전화 โทรศัพท์ เบอร์โทร"),
    (1, "왓츠앱 วอตส์แอป วอทส์แอป whatsapp ワッツアップ"),
    (5, "号码 號碼 番号 連絡先 联系 เบอร์ หมายเลข 번호"),
    (2, "ショートメッセージ"),
];

/// Beginnings that longer words of inflecting and compounding languages share, by class.
pub(super) const STEMS: [(u8, &str); 15] = [
    (1, "whatsapp"),
    (1, "ватсап"),
    (3, "mobilfunk"),
    (3, "mobilnummer"),
    (3, "mobiltele"),
    (3, "handynum"),
    (3, "mobilephone"),
    (3, "мобильн"),
    (3, "мобільн"),
    (3, "komorkow"),
    (4, "telefon"),
    (4, "telephon"),
    (4, "phonenumber"),
    (4, "телефон"),
    (4, "puhelin"),
];

/// Words that may stand beside one without changing what it is.
pub(super) const BESIDE: &str = "no nos nr num n nº nro number numbers numero número numéro nummer de du di do da del des della dello of the el la le \
    l contact primary main default preferred my your customer customers client user lead member full intl international e164 value \
    valor wert nr. नंबर नम्बर क्रमांक رقم номер номера numara numarası numaranız nomor nombor numer telefonu required optional \
    number1 num1 registered personal active valid a an for with in and or et und y e i o para pour für su tu seu sua votre ton ihre deine din twój \
    twoj kamu anda nhập số so điện di động shopify billing shipping address account";

/// Words of questions and instructions: what they stand beside is a phone number, if the cells are.
pub(super) const DENIES: &str = "type types label labels kind code codes id ids uuid name names email mail model brand app apps opt optin optout consent accepts accept \
    accepted marketing status state date time day count total verified validated verification valid? ext extension fax faks os device devices carrier \
    operator provider network link url website site note notes comment comments order orders plan calls called message messages \
    group groups template country region timezone zone area city zip price amount cost subscribed subscription subscriber house room flat building permission allowed \
    allow method mode preference channel emergency pager telex isdn imei imsi sim serial sent last hash score lookup \
    typ tipo código codigo nombre nom name correo मेल नाम नाम नाव নাম పేరు பெயர் નામ ಹೆಸರು പേര് ਨਾਂ اسم نام имя ім'я тип код isim ad nama \
    imię имейл datum fecha data дата estado statut stato";

/// Numbers of the same person that are less likely on WhatsApp.
pub(super) const LESSER: &str = "alternate alternative alt other another second secondary additional backup home work office business landline \
    residence residential fixed casa trabajo oficina trabalho domicile bureau travail geschäftlich privat beruflich zuhause festnetz ufficio \
    otro outro autre weitere altro дом домашний рабочий 其他 ev kantor rumah वैकल्पिक घर कार्यालय fijo fixe fixo radio car tty company 2 3 4 5 6";

/// Numbers of somebody else.
pub(super) const OTHERS: &str = "parent parents guardian father mother spouse husband wife partner reference referral referrer referee nominee manager agent sales rep \
    owner assistant asst driver support helpline store shop branch seller vendor supplier doctor teacher kin relative sender from \
    school organization organisation hotel courier callback warehouse contactperson";
