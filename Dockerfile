# PostgreSQL 17 with pg_marketing, pg_cron and, unless told otherwise, the demo. From packages of Debian alone; docs/install.md says how to run it.

FROM debian:trixie-slim AS build
COPY . /usr/src/pg_marketing
WORKDIR /usr/src/pg_marketing
RUN scripts/setup
RUN make -s -j "$(nproc)" && make -s install DESTDIR=/built

FROM debian:trixie-slim
ENV DEBIAN_FRONTEND=noninteractive
RUN apt-get update -q && apt-get install -y -q --no-install-recommends postgresql-common && echo 'create_main_cluster = false' >>/etc/postgresql-common/createcluster.conf
RUN apt-get install -y -q --no-install-recommends postgresql-17 postgresql-17-cron && rm -rf /var/lib/apt/lists/*
COPY --from=build /built/usr /usr
COPY docker/start /usr/local/bin/start_marketing
RUN install -d -o postgres -g postgres -m 700 /var/lib/postgresql/marketing && install -d -o postgres -g postgres /run/postgresql
USER postgres
VOLUME /var/lib/postgresql/marketing
EXPOSE 5432
CMD ["start_marketing"]
HEALTHCHECK CMD pg_isready -q -d marketing
