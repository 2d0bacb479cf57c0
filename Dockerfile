# An image for each service: docker build --target scorer-worker .
# Targets: ingest-api, scorer-worker, status-api, and mock-llm for local stacks and tests.
#
# Needs nothing that only BuildKit can do, so every engine builds it.

FROM rust:1.95-bookworm AS source
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
COPY xtask xtask
COPY crates crates
# Built files of the dashboard: part of status-api.
COPY dashboard/dist dashboard/dist

# Manifests, and programs that do nothing: the same for as long as the dependencies are the same.
FROM source AS manifests
RUN find . -type f ! -name Cargo.toml ! -name Cargo.lock ! -path '*/src/lib.rs' ! -path '*/src/main.rs' -delete \
    && find . -name '*.rs' -exec sh -c 'for file; do echo "#![allow(warnings)] fn main() { }" > "$file"; done' sh {} + \
    && find . -type d -empty -delete

FROM rust:1.95-bookworm AS build
# Thin LTO, as Cargo.toml has it, makes an image smaller by 4 of 100 and takes three times as long to build again.
ENV CARGO_PROFILE_RELEASE_LTO=off
WORKDIR /src
# Copies are compared by content, so this and the next step come from the cache unless a manifest has changed.
COPY --from=manifests /src ./
RUN cargo build --release --locked --quiet \
        --package ingest-api --package scorer-worker --package status-api --package mock-llm
COPY --from=source /src ./
# Files keep the times of the checkout, which may be older than what was built of the empty ones.
RUN find crates -name '*.rs' -exec touch {} + \
    && cargo build --release --locked --quiet \
        --package ingest-api --package scorer-worker --package status-api --package mock-llm

# What the programs need of Debian, and no more: libc and what else they link, certificates, a user. The packages
# stand where scanners for known vulnerabilities look in images that have no package manager.
FROM build AS root
RUN set -eu; \
    mkdir -p /root-fs/etc/ssl/certs /root-fs/var/lib/dpkg/status.d; \
    ldd target/release/ingest-api target/release/scorer-worker target/release/status-api target/release/mock-llm \
        | awk '$2 == "=>" { print $3 } $1 ~ "^/.*[^:]$" { print $1 }' | sort -u > /libraries; \
    while read -r library; do \
        cp -L --parents "$library" /root-fs; \
        dpkg-query --search "*/${library##*/}" | cut -d: -f1; \
    done < /libraries | sort -u > /packages; \
    echo ca-certificates >> /packages; \
    while read -r package; do \
        dpkg-query --status "$package" > "/root-fs/var/lib/dpkg/status.d/$package"; \
        cp --parents "/usr/share/doc/$package/copyright" /root-fs; \
    done < /packages; \
    cp -L /etc/ssl/certs/ca-certificates.crt /root-fs/etc/ssl/certs/; \
    cp /etc/os-release /root-fs/etc/; \
    echo 'hosts: files dns' > /root-fs/etc/nsswitch.conf; \
    echo 'nonroot:x:65532:65532:nonroot:/:/sbin/nologin' > /root-fs/etc/passwd; \
    echo 'nonroot:x:65532:' > /root-fs/etc/group

FROM scratch AS base
COPY --from=root /root-fs /
COPY LICENSE /usr/share/doc/autorater/
LABEL org.opencontainers.image.title="autorater" org.opencontainers.image.licenses="Apache-2.0"
USER 65532:65532

FROM base AS ingest-api
COPY --from=build /src/target/release/ingest-api /usr/local/bin/
ENV LISTEN_ADDR=0.0.0.0:8080 ADMIN_ADDR=0.0.0.0:9080
EXPOSE 8080 9080
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["/usr/local/bin/ingest-api", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/ingest-api"]

FROM base AS status-api
COPY --from=build /src/target/release/status-api /usr/local/bin/
ENV LISTEN_ADDR=0.0.0.0:8081 ADMIN_ADDR=0.0.0.0:9081
EXPOSE 8081 9081
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["/usr/local/bin/status-api", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/status-api"]

FROM base AS scorer-worker
COPY --from=build /src/target/release/scorer-worker /usr/local/bin/
ENV ADMIN_ADDR=0.0.0.0:9082
EXPOSE 9082
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["/usr/local/bin/scorer-worker", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/scorer-worker"]

FROM base AS mock-llm
COPY --from=build /src/target/release/mock-llm /usr/local/bin/
ENV LISTEN_ADDR=0.0.0.0:4010
EXPOSE 4010
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["/usr/local/bin/mock-llm", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/mock-llm"]
