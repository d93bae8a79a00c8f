//! The list on a real disk, and how it is read.

use super::*;
use crate::sys::disk::RealDisk;

fn phone(digits: &str) -> Phone {
    Phone::from_digits(digits).unwrap()
}

fn list(dir: &Path) -> OptOutList {
    OptOutList::open(RealDisk::shared(), dir.join("optout.csv")).unwrap()
}

const AT: Millis = Millis(1_700_000_000_000);

#[test]
fn people_stay_on_it_and_each_is_there_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut one = list(dir.path());
    let (ann, bob) = (phone("919876543210"), phone("447700900123"));
    let people = [(ann, "STOP, please".to_owned()), (bob, "by\nhand".to_owned()), (ann, "again".to_owned())];
    assert_eq!(one.add_all(&people, AT).unwrap(), 2);
    assert_eq!(one.add_all(&people, AT).unwrap(), 0);
    let text = std::fs::read_to_string(dir.path().join("optout.csv")).unwrap();
    assert_eq!(
        text,
        "phone,reason,at\n919876543210,\"STOP, please\",2023-11-14T22:13:20Z\n\
         447700900123,by hand,2023-11-14T22:13:20Z\n"
    );
    let again = list(dir.path());
    assert!(again.contains(ann) && again.contains(bob));
    assert_eq!(again.entries()[0].reason, "STOP, please");
}

#[test]
fn a_change_by_another_process_is_seen() {
    let dir = tempfile::tempdir().unwrap();
    let (mut here, mut there) = (list(dir.path()), list(dir.path()));
    let (ann, bob) = (phone("919876543210"), phone("919876543211"));
    there.add(ann, "STOP", AT).unwrap();
    assert!(!here.contains(ann));
    here.refresh().unwrap();
    assert!(here.contains(ann));
    // The same length as before.
    there.remove_all(&[ann]).unwrap();
    there.add(bob, "STOP", AT).unwrap();
    here.refresh().unwrap();
    assert!(here.contains(bob));
    assert!(here.contains(ann), "a run keeps whoever was on it");
    assert_eq!(here.entries().len(), 1);
    assert_eq!(here.remove_all(&[ann]).unwrap(), 0, "it wasn't on it");
}

#[test]
fn a_file_from_a_spreadsheet_is_understood_and_kept() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("optout.csv");
    std::fs::write(&path, "\u{feff}Phone,Reason\r\n+91 98765-43210,call\r\nnobody,x\r\n447911123456")
        .unwrap();
    let mut list = list(dir.path());
    assert_eq!(list.entries().len(), 2);
    assert_eq!(
        list.unreadable(),
        [Unreadable {
            line: Some(3),
            why: "the phone number contains letters: write digits only, such as +91 98765 43210".into()
        }]
    );
    let eve = phone("4915112345678");
    list.add(eve, "STOP", AT).unwrap();
    assert_eq!(list.entries().len(), 3, "an open last line is closed first");
    assert_eq!(list.remove_all(&[phone("919876543210")]).unwrap(), 1);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("nobody,x") && !text.contains("98765-43210"), "{text}");
}

/// Who a list with this content names, and the lines of it that name nobody.
fn read(bytes: &[u8]) -> (Vec<String>, Vec<u64>) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("optout.csv"), bytes).unwrap();
    let list = list(dir.path());
    let people = list.entries().iter().map(|entry| entry.phone.digits()).collect();
    (people, list.unreadable().iter().map(|bad| bad.line.unwrap_or(0)).collect())
}

#[test]
fn a_list_is_read_as_programs_save_it() {
    let (ann, bob) = ("919876543210", "447911123456");
    let utf16 = |text: &str, big: bool, mark: bool| {
        let units = mark.then_some(0xfeff_u16).into_iter().chain(text.encode_utf16());
        units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect::<Vec<u8>>()
    };
    let ours = "phone,reason,at\n919876543210,STOP,2026-11-30T10:00:00Z\n447911123456,\"a, \"\"b\"\"\",2026-11-30T10:00:00Z\n";
    for bytes in [
        ours.as_bytes().to_vec(),
        format!("\u{feff}{ours}").into_bytes(),
        ours.replace('\n', "\r\n").into_bytes(),
        ours.replace('\n', "\r").into_bytes(),
        ours.replace(',', ";").into_bytes(),
        ours.replace(',', "\t").into_bytes(),
        utf16(ours, false, true),
        utf16(ours, true, true),
        utf16(ours, false, false),
        utf16(&ours.replace(',', "\t"), false, true),
        b"Nom;Num\xe9ro;Motif\r\nJos\xe9;+91 98765 43210;arr\xeat\r\nZo\xe9;+44 7911 123456;\r\n".to_vec(),
        b"sep=;\nreason;phone\nx, y;+919876543210\nz;00447911123456\n".to_vec(),
        b"+919876543210\n+447911123456".to_vec(),
        b"919876543210\n447911123456".to_vec(),
        b"Phone\n919876543210.0\n4.47911123456E11\n".to_vec(),
        b"# who said stop\nname,Mobile Number,id\nAnn,\"+91 98765-43210\",55555555555\nBob,'447911123456,x\n\n,,\n".to_vec(),
        b"# country: GB,,\nphone,reason\n+919876543210,x\n07911 123456,y\n".to_vec(),
        b"reason,at,phone\nSTOP,2026-11-30,+919876543210\n\n447911123456,later,2026-11-30T10:00:00Z\n".to_vec(),
        b"+919876543210,said \"stop\n+447911123456,fine\n".to_vec(),
    ] {
        let shown = String::from_utf8_lossy(&bytes).into_owned();
        assert_eq!(read(&bytes), (vec![ann.to_owned(), bob.to_owned()], vec![]), "{shown:?}");
    }
}

#[test]
fn what_names_nobody_for_certain_is_told() {
    for (text, bad) in [
        ("phone\n9.19877E+11\n+447911123456\n", vec![2]),
        ("phone\n9876543210\n+447911123456\n", vec![2]),
        ("phone\n09876543210\n", vec![2]),
        ("phone,reason\n,STOP\n", vec![2]),
        ("phone,reason\nAnn,STOP\n", vec![2]),
        ("Ann\n+447911123456\n", vec![1]),
        ("# country: XX\n+447911123456\n", vec![1]),
        ("# country: IN\n# country: GB\n+447911123456\n", vec![2]),
        ("phone,Mobile\n+447911123456,9.1E+11\n", vec![2]),
        ("phone,customer\n9.19877E+11,919876543210\n", vec![2]),
        ("\"+447911123456\",\"said\nstop\"\n", vec![2]),
        ("PK\u{3}\u{4}rest", vec![0]),
    ] {
        assert_eq!(read(text.as_bytes()).1, bad, "{text:?}");
    }
    assert_eq!(read(b"+447911123456\n\0\0\0+\n").1, [0]);
    assert_eq!(read(b"# country: IN\n9876543210\n").0, ["919876543210"]);
}

#[test]
fn who_is_added_to_a_list_of_another_program_is_on_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("optout.csv");
    let (ann, bob) = (phone("919876543210"), phone("9779841234567"));
    for text in
        ["Name;Phone\r\nZo\u{eb};+447911123456", "Name\tPhone\nBo\t+447911123456\n", "Phone\r+447911123456\r"]
    {
        let utf16: Vec<u8> =
            "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        let latin: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        for bytes in [utf16, latin] {
            std::fs::write(&path, bytes).unwrap();
            let mut one = list(dir.path());
            assert_eq!(one.add_all(&[(ann, "wrote \"बंद\"".into()), (bob, "STOP".into())], AT).unwrap(), 2);
            let again = list(dir.path());
            assert_eq!((again.entries().len(), again.unreadable()), (3, &[][..]), "{text:?}");
            assert_eq!(one.remove_all(&[ann, phone("447911123456")]).unwrap(), 2);
            let people: Vec<_> = list(dir.path()).entries().iter().map(|entry| entry.phone).collect();
            assert_eq!(people, [bob]);
        }
    }
    std::fs::write(&path, "PK\u{3}\u{4}").unwrap();
    assert!(
        list(dir.path()).add_all(&[(ann, "STOP".into())], AT).is_err(),
        "nothing is written into a workbook"
    );
}

#[test]
fn a_run_that_cant_read_the_list_knows_it_and_forgets_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("optout.csv");
    let (ann, bob) = (phone("919876543210"), phone("447911123456"));
    std::fs::write(&path, "phone\n+919876543210\n").unwrap();
    let mut list = list(dir.path());
    assert!(list.refresh().is_ok());
    // The same length as before: one digit is another.
    std::fs::write(&path, "phone\n+447911123456\n").unwrap();
    assert!(list.refresh().is_ok() && list.contains(bob) && list.contains(ann));
    std::fs::write(&path, "phone\n9.19877E+11\n").unwrap();
    let why = list.refresh().unwrap_err().reason;
    assert!(why.contains("line 2") && why.contains("cut off"), "{why}");
    assert!(list.refresh().is_err(), "as long as it is so");
    assert!(list.contains(bob) && list.contains(ann));
    std::fs::remove_file(&path).unwrap();
    assert!(list.refresh().is_ok() && list.contains(bob));
    std::fs::create_dir(&path).unwrap();
    assert!(list.refresh().is_err());
}

#[test]
fn only_whatsapps_own_word_is_lifted_by_its_word() {
    let dir = tempfile::tempdir().unwrap();
    let mut list = list(dir.path());
    let [ann, bob, eve] = ["919876543210", "447911123456", "4915112345678"].map(phone);
    let stopped = "stopped marketing messages";
    let people = [(ann, format!("{stopped} (131050)")), (bob, "wrote \"STOP\" (webhook)".into())];
    list.add_all(&people, AT).unwrap();
    let later = Millis(AT.0 + 60_000);
    assert!(!list.lift(ann, Millis(AT.0 - 60_000)).unwrap(), "it was told before that");
    assert!(!list.lift(bob, later).unwrap(), "they said so themselves");
    assert!(!list.lift(eve, later).unwrap());
    assert!(list.lift(ann, later).unwrap() && !list.contains(ann) && list.contains(bob));
    // Who stopped both ways stays.
    list.add_all(&[(eve, format!("{stopped} (131050)"))], AT).unwrap();
    assert_eq!(list.add_all(&[(eve, "wrote \"STOP\" (webhook)".into())], AT).unwrap(), 0, "nobody new");
    assert_eq!(list.add_all(&[(eve, "wrote \"STOP\" again".into())], AT).unwrap(), 0);
    assert_eq!(std::fs::read_to_string(list.path()).unwrap().matches("4915112345678").count(), 2);
    assert!(!list.lift(eve, later).unwrap() && list.contains(eve));
    assert_eq!(list.remove_all(&[eve]).unwrap(), 1);
    assert!(!list.contains(eve));
}

/// WhatsApp names people in forms of its own: whichever stands on the list, the person is on it.
#[test]
fn a_person_is_on_the_list_in_every_form_of_the_number() {
    let dir = tempfile::tempdir().unwrap();
    let mut list = list(dir.path());
    for (told, other) in [
        ("551187654321", "5511987654321"),
        ("5215512345678", "525512345678"),
        ("5491123456789", "541123456789"),
        ("22507123456", "2250707123456"),
        ("22997123456", "2290197123456"),
    ] {
        list.add(phone(told), "STOP", AT).unwrap();
        assert!(list.contains(phone(told)) && list.contains(phone(other)), "{told}");
        assert_eq!(list.add_all(&[(phone(other), "again".into())], AT).unwrap(), 0, "{other}");
        assert_eq!(list.remove_all(&[phone(other)]).unwrap(), 1, "{other}");
        assert!(!list.contains(phone(told)));
    }
}
