# syntax=docker/dockerfile:1
# sendcast in a container: `just image`, or `docker build -t sendcast .`
#
#   docker run --rm -v sendcast:/data -v "$PWD":/work -e SENDWO_API_TOKEN sendcast run campaign.json
#
# What is durable lies in /data: keep it, or nobody knows any more who has been written to. The campaign, its spreadsheet and
# its report are in /work, which must be writable for the user 65532 (`--user "$(id -u)"` takes your own; then /data must
# be that user's).

FROM rust:1-slim-bookworm AS build
# For the C of TLS.
RUN apt-get update \
    && apt-get install -y --no-install-recommends cmake g++ make tini \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
# The commit and the time that `--version` tells, as there is no git in here.
ARG SENDCAST_COMMIT SOURCE_DATE_EPOCH
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \
    cargo build --release --locked \
    && install -D target/release/sendcast /out/usr/bin/sendcast \
    && install -D /usr/bin/tini-static /out/usr/bin/tini \
    && install -d -m 700 -o 65532 -g 65532 /out/data /out/work

# glibc and the certificates of the web, no shell, nobody's password.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /out/ /
ENV SENDCAST_DATA_DIR=/data
VOLUME /data
WORKDIR /work
USER 65532:65532
# Passes SIGTERM on, so that what is in flight is finished and the report written, and reaps.
ENTRYPOINT ["/usr/bin/tini", "--", "/usr/bin/sendcast"]
CMD ["--help"]
