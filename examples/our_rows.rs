fn main() {
    let path = std::env::args().nth(1).unwrap();
    let t = std::time::Instant::now();
    let table = sendcast::campaign::tables::open(path.as_ref(), &Default::default()).unwrap();
    let mut n = 0u64;
    for row in table {
        n += 1;
        std::hint::black_box(row.unwrap());
    }
    eprintln!("{n} rows {:?}", t.elapsed());
}
