//! Languages of Europe, which are spoken in the Americas and Africa as well.

use super::{Language, NONE};

pub(super) const EUROPEAN: &[Language] = &[
    // English
    Language {
        stop: "stop stopp stopping cease halt quit discontinue end enough stop_it stop_with cancel unsubscribe",
        not: "dont do_not never would_not wouldnt",
        no: "no zero",
        send: "send sending forward forwarding",
        write: "message messaging msg text texting contact contacting write writing spam spamming bother bothering \
                disturb disturbing pester harass harassing whatsapp ping pinging",
        thing: "message messages msg msgs mesage mesages texts text sms promotion promotions promo promos promotional \
                ads ad advert adverts advertising advertisements spam marketing notification notifications updates \
                newsletter newsletters offers offer forwards subscription subscriptions broadcast broadcasts alerts",
        off: "remove delete erase unsubscribe unsubscribed unsub take_off take_me_off take_my_number_off \
              take_us_off opt_out optout opt_me_out get_me_off block cancel exclude",
        me: "me us my_number this_number my_contact our_number",
        list: "list lists mailing_list database db records contacts contact_list number group system",
        want: "want wanna wish need",
        receive: "receive get getting receiving",
        more: "again anymore any_more any_longer further ever more",
        fill: "i im id we you u your yours ur the a an this these those such that it all any to from of on in at with for \
               and please pls plz kindly now immediately would like could can will just here so just right away at_once \
               off thanks thank am how do need_to sir madam bro whatsapp unsolicited unwanted stupid fucking \
               damn such kind my our via me about",
        ..NONE
    },
    // Spanish
    Language {
        stop: "stop parar pare paren para dejar deja deje dejen dejad basta basta_ya alto cese cesen detener detengan suficiente",
        not: "no nunca jamas",
        no: "no sin ningun ninguna cero",
        send: "enviar envie envien enviarme envies enviando enviandome enviarnos mandar mandes mande manden mandarme \
               mandando mandandome",
        write: "escribir escriban escriba escribas escribirme contacten contactar contactarme molesten molesta molestar \
                molestarme molestando spamear texteen",
        thing: "mensaje mensajes sms publicidad promociones promocion ofertas notificaciones spam whatsapps msj msjs \
                suscripcion anuncios propaganda avisos correos boletin",
        off: "baja dar_de_baja darme_de_baja denme_de_baja dame_de_baja deme_de_baja borrar borren borrenme borrame \
              eliminar eliminen eliminenme eliminame eliminarme quitar quiten quitenme quitame quitarme saquenme sacame \
              desuscribir desuscribirme desuscribanme cancelar cancelen remover anular retirenme",
        me: "me nos",
        list: "lista listas numero telefono base_de_datos datos contactos contacto",
        want: "quiero deseo queremos necesito interesan interesa quisiera",
        receive: "recibir recibo",
        more: "mas ya nunca_mas otra_vez",
        fill: "por favor porfavor porfa de la las los el su sus mi mis tu tus a al en y este estos esta estas esos yo \
               ustedes usted que ningun ninguna tipo gracias hola ahora todo todos todas whatsapp",
        ..NONE
    },
    // Portuguese
    Language {
        stop: "stop parar pare parem para chega basta cesse cessar cessem deixe deixem",
        not: "nao nunca jamais",
        no: "nao sem nenhuma nenhum",
        send: "enviar envie enviem enviando mandar mande mandem mandando encaminhar",
        write: "escrever escreva escrevam contatar contate contatem perturbe perturbar incomodar incomodem incomode",
        thing: "mensagem mensagens sms propaganda propagandas promocoes promocao ofertas publicidade spam notificacoes \
                inscricao msg msgs anuncios",
        off: "remover remova removam tirar tira tire tirem excluir exclua excluam apagar apague apaguem descadastrar \
              descadastre descadastra sair cancelar cancele cancelem retirar retire retirem desinscrever",
        me: "me mim",
        list: "lista listas numero telefone contato contatos cadastro banco_de_dados grupo",
        want: "quero desejo queremos gostaria preciso tenho_interesse",
        receive: "receber recebo",
        more: "mais nunca_mais novamente",
        fill: "por favor pf pfv de da das do dos desta dessa deste desse a o as os meu minha sua suas seu seus em na no \
               e essas esses isso tipo obrigado obrigada ja eu voces voce para pra mim agora que",
        ..NONE
    },
    // French
    Language {
        stop: "stop arret arrete arretez arreter cessez cesser assez halte",
        not: "ne n pas jamais",
        no: "aucun aucune plus_de pas_de plus_aucun plus_aucune",
        send: "envoyez envoyer envoie envoi menvoyer menvoyez denvoyer menvoie nenvoyez",
        write: "ecrire ecrivez ecris mecrire mecrivez mecris contacter contactez contactes derangez deranger harceler \
                spammer spam mecrivez importuner",
        thing: "message messages sms pub pubs publicite publicites promo promos promotions offres spam notifications \
                newsletter abonnement mails",
        off: "desabonner desabonnez desabonne desabonnement desinscrire desinscrivez desinscription supprimez supprimer \
              supprime retirez retirer retire enlevez enlever enleve effacez effacer radier resilier annuler annulez",
        me: "moi me m nous mon_numero",
        list: "liste listes numero base_de_donnees base fichier contacts telephone",
        want: "veux voudrais souhaite desire veut",
        receive: "recevoir",
        more: "plus encore davantage",
        fill: "de d des du la le les l vos votre mes mon ma me moi s il vous plait svp merci bonjour je j a en par ce ces \
               cette toute tout tous toutes maintenant sur plus aimerais y",
        ..NONE
    },
    // German
    Language {
        stop: "stop stopp stoppen stoppt aufhoren hort hor horen_sie auf_horen beenden schluss genug unterlassen \
               unterlassen_sie einstellen",
        not: "nicht nie niemals",
        no: "keine kein keinen keinerlei",
        send: "schicken schickt schick senden sendet sende zusenden zuschicken",
        write: "schreiben schreibt schreib kontaktieren kontaktiert anschreiben belastigen belastigt nerven nervt spammen",
        thing: "nachricht nachrichten sms werbung werbenachrichten spam newsletter angebote mitteilungen infos mails \
                benachrichtigungen abo",
        off: "abmelden abbestellen austragen loschen loscht losche entfernen entfernt streichen streicht kundigen abmeldung \
              loschung",
        me: "mich mir uns",
        list: "liste verteiler nummer handynummer telefonnummer datenbank kontakte daten newsletter",
        want: "will mochte wunsche wollen mochten",
        receive: "erhalten bekommen empfangen kriegen",
        more: "mehr weitere weiteren wieder",
        fill: "bitte danke sie ihr du ich wir auf mit von aus dem der die das den meine meiner meinem ihre ihrer ihrem \
               diese dieser an zu zum jetzt sofort hallo alle mir und endlich",
        ..NONE
    },
    // Italian
    Language {
        stop: "stop basta smettete smettetela smettila smetti smettere fermate fermare fermatevi finitela cessate",
        not: "non mai",
        no: "niente nessun nessuna",
        send: "mandate mandatemi mandarmi mandare manda mandi inviate inviatemi inviarmi inviare",
        write: "scrivete scrivetemi scrivermi scrivere scrivi contattate contattatemi contattarmi disturbate disturbare \
                disturbatemi",
        thing: "messaggio messaggi sms pubblicita promozioni spam offerte notifiche newsletter iscrizione",
        off: "cancellate cancellatemi cancellami cancellare rimuovete rimuovetemi rimuovi rimuovimi togliete toglietemi \
              toglimi eliminate eliminatemi disiscrivi disiscrivimi disiscrivetemi disiscrizione annullare annulla",
        me: "mi me",
        list: "lista elenco numero rubrica database",
        want: "voglio desidero vorrei vogliamo",
        receive: "ricevere",
        more: "piu ancora altri",
        fill: "per favore piacere grazie di da dalla dal della il lo la i le vostri vostre vostro mio mia questi ora a \
               e con",
        ..NONE
    },
    // Dutch
    Language {
        stop: "stop stoppen ophouden genoeg hou_op houd_op staak",
        not: "niet nooit",
        no: "geen",
        send: "stuur sturen stuurt zenden verstuur versturen",
        write: "berichten schrijf schrijven app appen contacteer contacteren lastigvallen spammen",
        thing: "bericht berichten sms reclame spam aanbiedingen nieuwsbrief promoties meldingen advertenties",
        off: "afmelden uitschrijven verwijder verwijderen haal schrap wissen opzeggen",
        me: "mij me ons",
        list: "lijst nummer bestand database adreslijst",
        want: "wil willen wens",
        receive: "ontvangen krijgen",
        more: "meer",
        fill: "alstublieft alsjeblieft aub svp graag met van uit de het deze mijn jullie uw je ik wij naar bedankt nu te \
               mij voor",
        ..NONE
    },
    // Swedish, Norwegian, Danish
    Language {
        stop: "stop stopp stoppa sluta slutt stans hold_op lad_vaere avsluta opphor nok nog",
        not: "inte ikke ej aldrig aldri aldrig",
        no: "inga ingen inget",
        send: "skicka skickar sende send sender sanda",
        write: "skriv skriva skrive kontakta kontakte kontakt stor spamma",
        thing: "meddelande meddelanden meldinger melding beskeder besked sms reklam reklame utskick utskicken spam \
                erbjudanden tilbud nyhetsbrev",
        off: "avregistrera avsluta ta_bort ta_vack fjern fjerne slet slette slett radera meld_av meld_fra afmeld avmeld \
              stryk avprenumerera afmelde avmelde",
        me: "mig meg mej oss",
        list: "lista listan listen liste nummer numret database",
        want: "vill vil onskar onsker ønsker",
        receive: "fa ta_emot motta modtage fa_flere",
        more: "mer mera fler flere mere langre lenger laengere igen igjen",
        fill: "snalla vanligen tack takk tak jag jeg ni du dere mitt min mine era dine med at att a til till fra fran av \
               pa den de disse dessa om ma venligst vennligst mig meg ut",
        ..NONE
    },
    // Finnish
    Language {
        stop: "lopeta lopettakaa lopettaa lopetatteko seis stop riittaa",
        not: "ala alkaa en ei",
        no: "ei",
        send: "laheta lahettako lahettaa lahettaminen lahettamasta lahettelya",
        write: "kirjoita kirjoittako hairitse hairitko",
        thing: "viesteja viesti viestit viestien mainoksia mainokset mainontaa tekstiviesteja tilaus roskapostia",
        off: "poista poistakaa peru peruuta peruuttakaa poistattehan",
        me: "minut minulle minua",
        list: "numeroni listalta lista numero tietoni",
        want: "halua haluan",
        receive: "saada vastaanottaa",
        more: "enaa lisaa",
        fill: "kiitos ole hyva olkaa ystavallinen tata nama mitaan",
        ..NONE
    },
    // Polish
    Language {
        stop: "stop przestan przestancie przestac prosze_przestac dosc koniec zaprzestac zatrzymaj",
        not: "nie",
        no: "zadnych bez koniec_z nie_zycze_sobie",
        send: "wysylac wysylajcie wysylaj wysylania przysylac przysylajcie",
        write: "pisac pisz piszcie spamowac kontaktowac kontaktujcie niepokoic",
        thing: "wiadomosci wiadomosciom wiadomosc sms smsow reklam reklamy spam spamu ofert promocji subskrypcje",
        off: "wypisz wypiszcie wypisac usun usuncie usunac skasuj skasujcie anuluj wykreslcie zrezygnowac",
        me: "mnie mi nas",
        list: "numer liste listy bazy",
        want: "chce chcemy zycze_sobie",
        receive: "otrzymywac dostawac",
        more: "wiecej juz",
        fill: "prosze o z do moj mojego waszej tej tych na i wam juz dziekuje od was sie",
        ..NONE
    },
    // Greek
    Language {
        stop: "σταματηστε σταματα σταματησε σταματηστε_να στοπ τελος φτανει αρκετα παψτε",
        not: "μη μην δεν",
        no: "οχι_αλλα κανενα",
        send: "στελνετε στειλετε ξαναστειλετε στελνεις αποστολη στελνεται",
        write: "γραφετε ενοχλειτε ενοχλειται επικοινωνειτε",
        thing: "μηνυματα μηνυμα sms διαφημισεις προσφορες",
        off: "διαγραφη διαγραψτε διαγραψε αφαιρεστε βγαλτε απεγγραφη",
        me: "με μου μας",
        list: "λιστα αριθμο αριθμος αριθμου",
        want: "θελω θελουμε επιθυμω",
        receive: "λαμβανω παιρνω",
        more: "αλλα πια ξανα αλλο",
        fill: "παρακαλω να τα τον το τη την απο σας μου ευχαριστω αυτα",
        ..NONE
    },
    // Russian
    Language {
        stop: "стоп хватит прекратите прекрати прекратить перестаньте перестань остановите довольно достаточно",
        not: "не никогда",
        no: "никаких без",
        send: "присылайте присылать присылай отправляйте отправлять шлите слать высылайте посылайте",
        write: "пишите писать пиши беспокойте беспокоить спамить спамьте звоните",
        thing: "сообщение сообщения сообщений смс рассылка рассылку рассылки рекламу реклама рекламы спам спама",
        off: "отписаться отпишите отпишусь отписка удалите удалить удали уберите убрать исключите вычеркните отключите \
              отмените_подписку",
        me: "меня мне нас",
        list: "номер номера списка список рассылки базы телефон",
        want: "хочу хотим желаю надо нужно",
        receive: "получать",
        more: "больше снова",
        fill: "пожалуйста мой мои из от ваши ваших вашу вашей свои эти эту это с в и спасибо мою уже я",
        ..NONE
    },
    // Ukrainian
    Language {
        stop: "стоп досить припиніть припини перестаньте перестань зупиніть годі",
        not: "не ніколи",
        no: "ніяких жодних без",
        send: "надсилайте надсилати надсилай присилайте шліть відправляйте",
        write: "пишіть писати турбуйте спамити спамте",
        thing: "повідомлення повідомлень смс розсилка розсилку розсилки реклама рекламу реклами спам спаму",
        off: "відписатися відпишіть відписка видаліть видалити приберіть вилучіть",
        me: "мене мені нас",
        list: "номер списку список бази",
        want: "хочу бажаю треба",
        receive: "отримувати одержувати",
        more: "більше знову",
        fill: "будь ласка мій з зі із від ваші ваших вашу цю ці і дякую",
        ..NONE
    },
    // Romanian
    Language {
        stop: "stop opriti opreste incetati ajunge gata",
        not: "nu",
        no: "fara nu_mai",
        send: "trimiteti trimite trimiteti_mi",
        write: "scrieti contactati deranjati spamati",
        thing: "mesaj mesaje mesajele sms reclame reclama spam oferte",
        off: "dezabonare dezabonati dezaboneaza stergeti sterge scoateti",
        me: "mi ma imi mie",
        list: "numarul lista numar",
        want: "vreau doresc",
        receive: "primesc primi",
        more: "mai alte",
        fill: "va rog te din de la sa cu multumesc meu",
        ..NONE
    },
    // Czech and Slovak
    Language {
        stop: "stop prestante prestan dost zastavte",
        not: "ne nie",
        no: "zadne ziadne",
        send: "posilat posielat",
        refuse: "neposilejte neposilat neposielajte nepiste nechci nechcem nekontaktujte nepiste_mi",
        thing: "zpravy spravy zprav sprav sms reklamu reklamy spam",
        off: "odhlasit odhlaste smazte vymazte odstrante odhlaseni",
        me: "me mi mne ma",
        list: "cislo seznamu zoznamu",
        more: "uz dalsi dalsie vice",
        fill: "prosim dekuji moje z ze mi zadne tyto",
        ..NONE
    },
];
