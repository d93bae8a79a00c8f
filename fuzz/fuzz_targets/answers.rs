#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sendcast_fuzz::answers::check(input));
