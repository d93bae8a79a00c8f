//! Languages of Asia and Africa.

use super::{Language, NONE};

pub(super) const OTHERS: &[Language] = &[
    // Turkish
    Language {
        stop: "durdur durdurun dur kes kesin yeter son_verin birakin",
        not: "degil",
        no: "hayir",
        send: "gonderme gondermek gonderim",
        write: "rahatsiz",
        thing: "mesaj mesaji mesajlar mesajlari sms reklam reklamlari spam bildirim abonelik aboneligi aboneligimi",
        off: "cikar cikarin cikart cikartin silin sil iptal iptal_et iptal_edin kaldirin",
        me: "beni bana bizi bize",
        list: "listeden listenizden numarami numaramı rehberinizden",
        want: "istiyorum",
        receive: "almak",
        more: "artik daha bir_daha",
        refuse: "gondermeyin gonderme atmayin atma yazmayin yazma istemiyorum istemiyoruz rahatsiz_etmeyin \
                 rahatsiz_etme aramayin",
        fill: "lutfen bu ve size sizden hic tesekkurler fazla whatsapp",
        ..NONE
    },
    // Arabic
    Language {
        stop: "توقف توقفوا اوقف اوقفوا ايقاف وقف قف كفي كفاكم يكفي بس خلاص ستوب",
        not: "لا ما لم عدم ارجو_عدم مو مش",
        no: "بدون بلا",
        send: "ترسل ترسلوا ارسال الارسال ترسلون ترسلي",
        write: "تراسلني تراسلوني مراسلتي مراسله تكتب تزعجني تزعجوني ازعاج ازعاجي تتصل",
        thing: "رسائل الرسائل رساله رسائلكم رسايل الرسايل الاعلانات اعلانات عروض العروض الاشتراك اشتراك اشتراكي",
        off: "احذف احذفوا احذفني احذفوني حذف امسح ازل ازاله الغاء الغ الغوا شيلوني شيل شيلو",
        me: "لي ني الي علي",
        list: "رقمي رقم القائمه قائمه القائمة",
        want: "اريد اود ابي ابغي عايز عاوز ارغب بدي",
        receive: "استلام تلقي استقبال",
        more: "بعد_الان اكثر مجددا مره_اخري المزيد_من",
        fill: "من فضلك رجاء الرجاء ارجو ارجوكم لو سمحت سمحتم هذه هذا في عن كل جميع اي الان شكرا يا",
        ..NONE
    },
    // Hebrew
    Language {
        stop: "די תפסיק תפסיקו תפסיקי להפסיק הפסק הפסיקו עצור עצרו סטופ מספיק",
        not: "לא אל",
        no: "בלי ללא",
        send: "לשלוח תשלחו תשלח שליחת לקבל_הודעות",
        write: "להציק לכתוב תכתבו תציקו להטריד",
        thing: "הודעות הודעה ההודעות פרסומות פרסומת ספאם מבצעים דיוור",
        off: "הסר הסירו להסיר תסירו תסיר תמחקו תמחק מחק מחקו הסרה",
        me: "לי אותי אלי",
        list: "רשימה הרשימה מהרשימה המספר מספר שלי רשימת תפוצה",
        want: "רוצה מעוניין מעוניינת צריך",
        receive: "לקבל",
        more: "יותר עוד",
        fill: "בבקשה תודה את של אני מכם ממכם שלכם נא מרשימת",
        ..NONE
    },
    // Hindi and Urdu in Latin letters, with English
    Language {
        stop: "band bandh stop bas rok roko rokiye rok_do",
        not: "mat na nahi nahin nhi nai",
        send: "bhejo bhejna bhejiye bhejna bhej bhejo_na send",
        write: "message_karo msg_karo message_karna disturb pareshan text",
        thing: "message messages msg msgs sms whatsapp spam promotion ads offer offers sandesh",
        off: "hata hatao hatado hatado delete nikalo remove unsubscribe",
        me: "mujhe mujhko mere humko hume hamein mujhse",
        list: "number list group",
        want: "chahiye chaiye chahie",
        more: "aur dobara phir wapas ab aage kabhi",
        receive: "milna",
        fill: "karo kro kar do dijiye kariye kijiye krdo kardo karna kare karein please pls plz yaar bhai ji mera meri \
               ko se ye yeh yaha koi bhi ab sab aap tum hai h ka ke ki list",
        ..NONE
    },
    // Hindi and Marathi
    Language {
        stop: "बंद बन्द बस रोक रोको रोकें रोकिए रोक_दो थांबवा थांबा स्टॉप",
        not: "मत न ना नहीं नही नका नको",
        send: "भेजो भेजना भेजिए भेजें भेज भेजने पाठवू पाठवणे पाठवा",
        write: "परेशान तंग",
        thing: "मैसेज मेसेज मेसेजेस संदेश सन्देश एसएमएस विज्ञापन मैसेजेस",
        off: "हटा हटाओ हटाएं हटाइए निकालो डिलीट काढा काढून अनसब्सक्राइब",
        me: "मुझे मुझको मेरे हमें मला",
        list: "नंबर नम्बर लिस्ट सूची",
        want: "चाहिए चाहिये पाहिजे",
        more: "और अब दोबारा फिर आगे आणखी परत",
        fill: "करो करें कीजिए कर दो दीजिए करना कृपया प्लीज़ प्लीज मेरा मेरी माझा को से यह ये कोई भी जी भाई करा टाका का \
               की के है",
        ..NONE
    },
    // Urdu
    Language {
        stop: "بند بس روکو روکیں روک",
        not: "مت نہ نہیں نا",
        send: "بھیجو بھیجیں بھیجنا بھیجے بھیج",
        write: "تنگ پریشان",
        thing: "میسج میسجز پیغام پیغامات ایس_ایم_ایس",
        off: "ہٹا ہٹائیں ہٹاؤ نکالو ڈیلیٹ",
        me: "مجھے مجھ ہمیں",
        list: "نمبر لسٹ فہرست",
        want: "چاہیے چاہئے",
        more: "اور اب دوبارہ",
        fill: "کرو کریں کر دیں دو برائے مہربانی پلیز میرا کو سے یہ کوئی جی",
        ..NONE
    },
    // Bengali, in both scripts
    Language {
        stop: "বন্ধ থামুন থামো থামান স্টপ bondho thamun",
        not: "না na",
        send: "পাঠাবেন পাঠাবে পাঠিও পাঠানো পাঠান দিবেন দেবেন দিয়েন pathaben pathano pathabe diben",
        thing: "মেসেজ ম্যাসেজ বার্তা এসএমএস message msg sms messages",
        off: "বাদ মুছে মুছুন সরান",
        me: "আমাকে আমার amake",
        list: "নম্বর নাম্বার লিস্ট",
        want: "চাই chai",
        more: "আর ar",
        refuse: "পাঠাবেন_না দিবেন_না দেবেন_না pathaben_na",
        fill: "করুন করো করেন দয়া করে দিন প্লিজ please korun koro korben kono কোনো",
        ..NONE
    },
    // Marathi and Gujarati in Latin letters, Gujarati, Punjabi
    Language {
        stop: "બંધ રોકો ਬੰਦ ਰੋਕੋ band thambva",
        not: "ના નહીં નહિ ਨਾ ਨਹੀਂ na naka nahi nako nu",
        send: "મોકલો મોકલશો મોકલતા ਭੇਜੋ ਭੇਜਣਾ moklo moklsho mokalo pathavu pathva bhejo",
        thing: "મેસેજ સંદેશ એસએમએસ ਮੈਸੇਜ ਸੁਨੇਹਾ ਸੁਨੇਹੇ message msg messages sms",
        off: "કાઢો કાઢી હટાવો ਹਟਾਓ ਕੱਢੋ kadho kadha",
        me: "મને ਮੈਨੂੰ mane mala mainu",
        list: "નંબર ਨੰਬਰ number",
        want: "જોઈએ જોઈતા ਚਾਹੀਦੇ ਚਾਹੀਦਾ joie joiye pahije",
        more: "હવે વધુ ਹੋਰ have",
        fill: "કરો કરી દો કૃપા કરીને મારો ਕਰੋ ਕਰ ਦਿਓ ਕਿਰਪਾ ਕਰਕੇ ਜੀ karo kara please",
        ..NONE
    },
    // Telugu, Tamil, Kannada, Malayalam, in both scripts: the verb carries the negation
    Language {
        stop: "ఆపండి ఆపు ఆపేయండి నిలిపివేయండి நிறுத்து நிறுத்துங்கள் நிறுத்தவும் ನಿಲ್ಲಿಸಿ ನಿಲ್ಲಿಸು നിർത്തുക നിർത്തൂ നിർത്തു \
               aapandi aapu niruthu niruthunga nillisi nirthu nirthuka stop",
        not: "வேண்டாம் వద్దు ಬೇಡ വേണ്ട vaddu vendam beda venda",
        send: "పంపడం పంపటం அனுப்ப அனுப்புவதை ಕಳಿಸುವುದನ್ನು ಕಳುಹಿಸುವುದನ್ನು അയക്കുന്നത് anuppa pampadam",
        thing: "మెసేజ్ మెసేజ్లు మెసేజీలు సందేశం సందేశాలు மெசேஜ் செய்தி செய்திகள் குறுஞ்செய்தி ಮೆಸೇಜ್ ಸಂದೇಶ ಸಂದೇಶಗಳನ್ನು \
                മെസേജ് സന്ദേശം സന്ദേശങ്ങൾ message messages msg sms",
        refuse: "పంపకండి పంపవద్దు పంపొద్దు அனுப்பாதீர்கள் அனுப்பாதே அனுப்பாதீங்க ಕಳಿಸಬೇಡಿ ಕಳುಹಿಸಬೇಡಿ അയക്കരുത് അയയ്ക്കരുത് \
                 pampakandi pampavaddu anuppathinga anuppadhinga anupatinga kalisabedi kaluhisabedi ayakkaruthu \
                 ayakkalle",
        me: "నాకు எனக்கு ನನಗೆ എനിക്ക് naaku enakku nanage enikku",
        more: "ఇక ఇంకా இனி மேலும் ಇನ್ನು ഇനി ika ini innu",
        fill: "దయచేసి தயவு செய்து ದಯವಿಟ್ಟು ದಯವಿಟ್ಟು ദയവായി please pls",
        ..NONE
    },
    // Indonesian and Malay
    Language {
        stop: "stop berhenti hentikan henti setop cukup berhentikan",
        not: "jangan tidak tak gak ga nggak usah",
        no: "tanpa",
        send: "kirim kirimi mengirim kirimkan hantar menghantar hantarkan",
        write: "hubungi ganggu mengganggu menghubungi wa chat sms spam spamming whatsapp",
        thing: "pesan mesej sms promo promosi iklan spam broadcast penawaran langganan notifikasi",
        off: "hapus padam buang keluarkan batal batalkan berhenti_langganan unsubscribe",
        me: "saya aku kami",
        list: "nomor nombor no_saya daftar senarai nomer kontak",
        want: "mau ingin ingin nak perlu",
        receive: "terima menerima dapat",
        more: "lagi",
        fill: "tolong mohon silakan sila ke dari ini itu dan saya terima_kasih makasih pak bu kak min ya dong semua apa \
               apapun kepada",
        ..NONE
    },
    // Vietnamese
    Language {
        stop: "dừng ngừng ngưng thôi dừng_lại",
        not: "đừng không",
        no: "không",
        send: "gửi",
        write: "nhắn nhắn_tin làm_phiền liên_hệ",
        thing: "tin_nhắn tin quảng_cáo",
        off: "hủy huỷ xóa xoá hủy_đăng_ký huỷ_đăng_ký",
        me: "tôi",
        list: "số danh_sách đăng_ký",
        want: "muốn",
        receive: "nhận",
        more: "nữa",
        fill: "vui_lòng xin cho làm_ơn của khỏi này",
        ..NONE
    },
    // Swahili
    Language {
        stop: "acha acheni simamisha komesha sitisha",
        not: "usi msi",
        send: "kutuma kunitumia",
        refuse: "usinitumie msinitumie usitume msitume sitaki",
        thing: "ujumbe meseji sms matangazo jumbe",
        off: "nitoe niondoe ondoa futa jiondoe",
        me: "mimi",
        list: "namba nambari orodha",
        more: "tena",
        fill: "tafadhali kwenye yangu hii hizi na kwa",
        ..NONE
    },
    // Chinese
    Language {
        stop: "停止 停 停掉 终止 終止 够了 夠了",
        not: "不要 别 別 勿 不 不想 请勿 請勿 不准 不许",
        send: "发 发送 發 發送 发来 推送 传 傳",
        write: "打扰 打擾 骚扰 騷擾 联系 聯絡 烦",
        thing: "消息 信息 短信 訊息 讯息 简讯 簡訊 广告 廣告 订阅 訂閱 推广 信",
        off: "退订 退訂 取消 删除 刪除 移除 拉黑",
        me: "我 给我 給我 我的",
        list: "号码 號碼 名单 名單 列表 电话",
        want: "想 要 需要",
        receive: "收到 接收 收",
        more: "再 继续 繼續 以后",
        fill: "请 請 了 吧 的 谢谢 謝謝 这些 這些 任何 麻烦 麻煩 从 從 把 啊 给 給 你们 你 这个 我要 我想",
        joined: true,
        ..NONE
    },
    // Japanese
    Language {
        stop: "停止 中止 やめて 止めて ストップ 終了",
        not: "ないで しないで",
        send: "送ら 配信 送信 送る",
        thing: "メッセージ 配信 メール 広告 通知",
        off: "解除 退会 削除 登録解除 配信解除",
        me: "私",
        list: "番号 リスト 登録",
        refuse: "送らないで 配信しないで 送信しないで いりません 不要です 連絡しないで",
        more: "もう これ以上",
        fill: "を の は が に して ください 下さい くれ お願い お願いします します どうか です 希望 すぐ",
        joined: true,
        ..NONE
    },
    // Korean
    Language {
        stop: "그만 중지 중단 정지 스톱",
        not: "안",
        send: "보내 보내세요 보내주세요 발송",
        thing: "메시지 문자 광고 카톡 알림 메세지 스팸 수신",
        off: "거부 삭제 해지 취소 탈퇴 해제 수신거부 구독취소",
        me: "저",
        list: "번호 구독 목록",
        refuse: "보내지마 보내지마세요 보내지_마 보내지_마세요 보내지_말아주세요 보내지_마십시오 연락하지_마세요",
        more: "더 이제 다시",
        fill: "을 를 은 는 좀 제발 제 내 해 해주세요 하세요 합니다 해_주세요 부탁합니다 부탁드립니다 주세요 세요 요",
        joined: true,
        ..NONE
    },
    // Thai
    Language {
        stop: "หยุด เลิก พอ",
        not: "อย่า ไม่ ห้าม",
        send: "ส่ง",
        write: "ทัก รบกวน ติดต่อ",
        thing: "ข้อความ โฆษณา เมสเสจ",
        off: "ยกเลิก ลบ",
        me: "ฉัน ผม เรา",
        list: "เบอร์ สมาชิก การสมัคร การรับ",
        want: "ต้องการ อยาก",
        receive: "รับ",
        more: "อีก แล้ว",
        fill: "กรุณา ได้โปรด ครับ ค่ะ คะ มา ให้ นี้ ของ ออก",
        joined: true,
        ..NONE
    },
];
