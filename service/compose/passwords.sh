#!/bin/sh
# Give the roles that log in their passwords; the image itself does so for the owner.
# psql reads each secret from its file: none appears in a process list or a log.
set -eu

for role in $ROLES; do
    psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --set role="$role" --username "$POSTGRES_USER" \
        --dbname "$POSTGRES_DB" <<'SQL'
\getenv folder SECRETS
\if :{?folder}
\else
\set folder /run/secrets
\endif
\setenv secret :folder/:role
\set password `cat "$secret"`
ALTER ROLE :"role" PASSWORD :'password';
SQL
done
