#!/bin/sh
# Give the role of the running service its password; the image itself does so for the owner.
# psql reads the secret: it appears in no process list and no log.
set -eu

psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --set role="$APP_ROLE" --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
\set password `cat /run/secrets/app_password`
ALTER ROLE :"role" PASSWORD :'password';
SQL
