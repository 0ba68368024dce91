#!/bin/sh
# Gives the role that may read the reporting views its login. Said again, it changes nothing but the password, to the same one.
set -eu
PGPASSWORD=$(cat /run/postgres/password) exec psql --host postgres --username pactwatch --dbname pactwatch --quiet \
  --set ON_ERROR_STOP=1 --set password="$(cat /run/grafana/reader-password)" <<'SQL'
ALTER ROLE pactwatch_reader LOGIN PASSWORD :'password';
SQL
