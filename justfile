# What developers run. `just` lists it; each is one command, to be read here as well as run.

# The list of these.
_default:
    @just --list --unsorted

# A campaign of 1,000 rows in the sandbox: nothing reaches WhatsApp.
demo:
    cargo run --release -- run campaigns/welcome.json --sandbox

# Compiles everything, tests included, without running it.
check:
    cargo check --all-targets

# All tests, or those whose path begins so: `just test engine:: pace::`.
test *FILTERS:
    cargo test {{ if FILTERS == "" { "" } else { "--test it -- " + FILTERS } }}

# The tests in a browser, or those whose path begins so: `just browser controls::`.
browser FILTER="":
    cargo test --test browser -- {{ FILTER }}

# Formats, and lints as CI does.
lint:
    cargo fmt
    cargo clippy --all-targets --locked -- -D warnings

# The library's documentation, with its examples tried.
doc:
    RUSTDOCFLAGS='-D warnings' cargo doc --no-deps --locked
    cargo test --doc --locked

# All that must hold before a change lands.
ci:
    .ci/run

# The full form of a proof: `just soak simulator --seed 7`; without a name, the list.
soak *ARGS:
    .ci/soak {{ ARGS }}

# Breaks sendcast on purpose, one place at a time, and expects the suite to notice.
mutations *NAMES:
    .ci/mutations {{ NAMES }}

# Any bytes as what sendcast reads: `just fuzz tables --executions 100000`.
fuzz *ARGS:
    .ci/fuzz {{ ARGS }}

# How fast: `just bench whole`, `just bench parts`. BENCHMARKS.md says what is measured.
bench WHICH:
    cargo bench --bench {{ WHICH }}

# Reads the snapshots that changed, one by one (`cargo install cargo-insta`).
snapshots:
    cargo insta review

# The binary, its manual pages and the completions of each shell, as a package installs them: below target/dist.
dist:
    cargo build --release --locked
    mkdir -p target/dist/completions
    install target/release/sendcast target/dist/
    target/dist/sendcast man target/dist/man
    for shell in bash zsh fish elvish powershell; do \
        (cd target/dist && PATH=$PWD:$PATH sendcast completions $shell > completions/sendcast.$shell) || exit 1; \
    done

# The container image.
image:
    docker build --build-arg SENDCAST_COMMIT=$(git rev-parse --short=12 HEAD) \
        --build-arg SOURCE_DATE_EPOCH=$(git log -1 --format=%ct) -t sendcast .
