//! Names, ids and files that mean harm.

use super::*;

#[test]
fn an_id_leads_nowhere_else() {
    let bench = Bench::new(Page::default());
    let draft = ready(&bench);
    std::fs::create_dir(bench.path("data/drafts/other")).unwrap();
    std::fs::copy(draft.path(), bench.path("data/drafts/other/campaign.json")).unwrap();
    let upper = draft.id.as_str().to_uppercase();
    let nested = format!("{}/../other", draft.id);
    for id in
        ["", ".", "..", "other", "../drafts/other", "0123456789abcdef", &nested, &format!("{}/", draft.id)]
    {
        assert!(drafts::open(&bench.app, id).unwrap_err().message.contains("no such draft"), "{id}");
    }
    assert_eq!(drafts::open(&bench.app, &upper).is_ok(), upper == draft.id.as_str());
    assert_eq!(drafts::open(&bench.app, draft.id.as_str()).unwrap(), draft);
    assert_eq!(drafts::list(&bench.app).unwrap().len(), 1);
}

#[test]
fn what_people_call_a_file_is_shown_and_never_a_path() {
    let bench = Bench::new(Page::default());
    let draft = ready(&bench);
    let long = "x".repeat(5_000);
    for (called, shown) in [
        ("../../../optout.csv", "optout.csv"),
        ("..\\..\\a.csv", "a.csv"),
        ("/etc/passwd", "passwd"),
        ("a\u{202e}vsc.exe", "avsc.exe"),
        ("<img src=x>.csv", "<img src=x>.csv"),
        ("a\0b\n.csv", "ab .csv"),
        ("lock", "lock"),
        ("", "the file"),
        (&long, &format!("{}…", "x".repeat(80))),
    ] {
        let before: Vec<_> = crate::cli::files(bench.root.path()).into_iter().map(|(path, _)| path).collect();
        bring(&bench, &draft, called, format!("Phone\n+919876543210\n{called:?}\n").as_bytes())
            .unwrap_or_else(|error| panic!("{called}: {error:?}"));
        let after: Vec<_> = crate::cli::files(bench.root.path()).into_iter().map(|(path, _)| path).collect();
        assert_eq!(before.len(), after.len(), "{called}: one comes, one goes");
        assert!(after.iter().all(|path| path.starts_with(draft.dir()) || before.contains(path)), "{called}");
        assert_eq!(draft.people(&bench.app).unwrap().file.unwrap().called, shown);
    }
}

#[test]
fn a_draft_names_no_file_outside_of_its_directory_but_by_an_editor() {
    let bench = Bench::new(Page::default());
    let draft = ready(&bench);
    let app = &bench.app;
    let before = draft.as_file(app).unwrap();
    let secret = bench.path("people.csv");
    let secret = secret.display();
    for file in [
        "/etc/passwd",
        "../../optout.csv",
        "../people.csv",
        &secret.to_string(),
        "campaign.json",
        ".",
        "x/../../y.csv",
    ] {
        let text =
            r#"{"name": "spring", "audience": {"file": FILE}, "message": {"type": "text", "body": "x"}}"#;
        let text = text.replace("FILE", &json!(file).to_string());
        let error = draft.replace_file(app, &text).unwrap_err();
        assert!(error.message.contains("names a file outside of the draft"), "{file}: {error}");
        for (key, value) in [(Key::Rates, json!(file)), (Key::Exclude, json!([{ "file": file }]))] {
            let error = draft.set(app, &[(key, Some(value))]).unwrap_err();
            assert!(error.message.contains("names a file outside of the draft"), "{file}: {error}");
        }
        assert_eq!(draft.as_file(app).unwrap(), before);
    }
    // With an editor it was named, and then a page may go on with it.
    let by_hand =
        before.replacen("\"country\"", &format!("\"exclude\": [{{\"file\": \"{secret}\"}}], \"country\""), 1);
    std::fs::write(draft.path(), &by_hand).unwrap();
    draft.set(app, &[(Key::Daily, Some(json!(7)))]).unwrap();
    assert!(draft.as_file(app).unwrap().contains(&secret.to_string()));
    draft.set(app, &[(Key::Exclude, None)]).unwrap();
    assert!(draft.replace_file(app, &by_hand).is_err(), "once it is gone it is gone");
}

#[test]
fn a_file_that_is_too_large_isnt_taken() {
    let bench = Bench::new(Page::default());
    let draft = ready(&bench);
    let before = draft.as_file(&bench.app).unwrap();
    let from = bench.path("upload.part");
    std::fs::File::create(&from).unwrap().set_len(drafts::MAX_UPLOAD_BYTES + 1).unwrap();
    let error = draft.take_upload(&bench.app, &from, "big.csv", Role::Audience).unwrap_err();
    assert!(error.is_usage() && error.message.contains("big.csv has 200 MB"), "{error}");
    assert_eq!((draft.as_file(&bench.app).unwrap(), names(&draft).len()), (before, 4));
}

#[cfg(unix)]
#[test]
fn symbolic_links_are_refused_wherever_they_stand() {
    use std::os::unix::fs::symlink;

    let bench = Bench::new(Page::default());
    let draft = ready(&bench);
    let app = &bench.app;
    let elsewhere = bench.path("elsewhere");
    let refused = |error: AppError| assert!(error.message.contains("symbolic link"), "{error}");

    // One file of it.
    for name in names(&draft) {
        let path = draft.dir().join(&name);
        std::fs::rename(&path, &elsewhere).unwrap();
        symlink(&elsewhere, &path).unwrap();
        match name.starts_with("audience-") {
            true => {
                refused(draft.people(app).unwrap_err());
                let again = bring(&bench, &draft, "My people.csv", PEOPLE.as_bytes());
                refused(again.unwrap_err());
            }
            false => {
                refused(drafts::open(app, draft.id.as_str()).unwrap_err());
                refused(draft.set(app, &[(Key::Daily, Some(json!(1)))]).unwrap_err());
                assert!(drafts::list(app).unwrap().is_empty(), "{name}");
            }
        }
        std::fs::remove_file(&path).unwrap();
        std::fs::rename(&elsewhere, &path).unwrap();
        draft.people(app).unwrap();
    }
    // What is brought.
    symlink(bench.path("people.csv"), bench.path("link.part")).unwrap();
    refused(draft.take_upload(app, &bench.path("link.part"), "x.csv", Role::Audience).unwrap_err());
    // The whole of it, and all drafts.
    std::fs::rename(draft.dir(), &elsewhere).unwrap();
    symlink(&elsewhere, draft.dir()).unwrap();
    refused(drafts::open(app, draft.id.as_str()).unwrap_err());
    refused(draft.remove(app).unwrap_err());
    assert!(elsewhere.join("campaign.json").exists());
    std::fs::remove_file(draft.dir()).unwrap();
    std::fs::rename(&elsewhere, draft.dir()).unwrap();
    std::fs::rename(bench.path("data/drafts"), &elsewhere).unwrap();
    symlink(&elsewhere, bench.path("data/drafts")).unwrap();
    refused(drafts::list(app).unwrap_err());
    refused(drafts::create(app, None).unwrap_err());
    refused(drafts::open(app, draft.id.as_str()).unwrap_err());
}

#[cfg(unix)]
#[test]
fn a_data_directory_that_others_write_to_is_refused() {
    use std::os::unix::fs::PermissionsExt;

    let bench = Bench::new(Page::default());
    let draft = ready(&bench);
    std::fs::set_permissions(bench.path("data"), std::fs::Permissions::from_mode(0o777)).unwrap();
    for error in [
        drafts::list(&bench.app).map(drop),
        drafts::create(&bench.app, None).map(drop),
        drafts::open(&bench.app, draft.id.as_str()).map(drop),
        draft.set(&bench.app, &[(Key::Daily, Some(json!(1)))]),
    ] {
        assert!(error.unwrap_err().message.contains("anybody on this machine may write"));
    }
}
