#!/bin/sh
# Creates the roles and databases. Run it once, when the database server is created.
# - honua (state): honua_state_owner owns it, and only the job migrate-state uses this role. The service
#   uses honua_state, which can read and extend the audit trail, but not change or delete it.
# - gis (places): honua_gateway can only read it.
#
# PASSWORDS names a folder with the files state-owner-password, state-password and gateway-password.
set -eu
owner=$(cat "$PASSWORDS/state-owner-password")
state=$(cat "$PASSWORDS/state-password")
gateway=$(cat "$PASSWORDS/gateway-password")
psql --quiet --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres \
  --set owner="$owner" --set state="$state" --set gateway="$gateway" <<'SQL'
create role honua_state_owner login password :'owner';
create role honua_state login password :'state';
create role honua_gateway login password :'gateway';
create database honua owner honua_state_owner;
create database gis;
revoke all on database honua, gis from public;
grant connect on database honua to honua_state;
grant connect on database gis to honua_gateway;
SQL
psql --quiet --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname honua <<'SQL'
revoke create on schema public from public;
alter schema public owner to honua_state_owner;
SQL
psql --quiet --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname gis <<'SQL'
create extension postgis;
revoke create on schema public from public;
alter role honua_gateway set default_transaction_read_only = on;
grant usage on schema public to honua_gateway;
grant select on all tables in schema public to honua_gateway;
alter default privileges in schema public grant select on tables to honua_gateway;
SQL
