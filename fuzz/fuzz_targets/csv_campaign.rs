#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sendcast_fuzz::csv_campaign::check(input));
