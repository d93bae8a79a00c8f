//! The disk in memory is as bad as it says, and no worse.

use std::io;
use std::path::Path;

use sendcast::sys::disk::Disk;
use sendcast::sys::memory_disk::{Fault, MemoryDisk};

#[test]
fn what_was_synced_survives_and_the_rest_is_chance() {
    let (mut kept, mut lost) = (0, 0);
    for seed in 0..200 {
        let disk = MemoryDisk::new();
        let (dir, path) = (Path::new("/d"), Path::new("/d/f"));
        disk.create_dir_all(dir).unwrap();
        disk.sync_dir(Path::new("/")).unwrap();
        let file = disk.create_new(path).unwrap();
        disk.sync_dir(dir).unwrap();
        file.write_at(0, &[1; 1000]).unwrap();
        file.sync().unwrap();
        file.write_at(1000, &[2; 1000]).unwrap();
        disk.power_cut(seed);
        assert!(file.write_at(0, b"x").is_err(), "the handle is dead");
        let bytes = disk.read(path).unwrap();
        assert_eq!(bytes[..1000], [1; 1000]);
        match bytes[1000..].iter().filter(|b| **b == 2).count() {
            0 => lost += 1,
            1000 => kept += 1,
            torn => assert!(torn < 1000),
        }
    }
    assert!(kept > 20 && lost > 20, "{kept} kept, {lost} lost");
}

#[test]
fn a_name_lasts_as_long_as_its_directory_was_synced() {
    let mut there = 0;
    for seed in 0..100 {
        let disk = MemoryDisk::new();
        let file = disk.create_new(Path::new("/f")).unwrap();
        file.write_at(0, b"synced").unwrap();
        file.sync().unwrap();
        disk.power_cut(seed);
        there += u32::from(disk.exists(Path::new("/f")).unwrap());
    }
    assert!((20..80).contains(&there), "{there}");
}

#[test]
fn faults_come_when_they_are_planned() {
    let disk = MemoryDisk::new();
    let file = disk.create_new(Path::new("/f")).unwrap();
    disk.set_fault(Some((1, Fault::Fail(io::ErrorKind::StorageFull))));
    file.write_at(0, b"a").unwrap();
    assert_eq!(file.sync().unwrap_err().kind(), io::ErrorKind::StorageFull);
    file.sync().unwrap();
    disk.set_fault(Some((0, Fault::PowerCut)));
    assert!(file.write_at(1, b"b").is_err() && file.len().is_err());
    disk.power_cut(1);
    assert!(!disk.exists(Path::new("/f")).unwrap() || disk.read(Path::new("/f")).unwrap().starts_with(b"a"));
}
