#!/bin/sh
# Runs once, when the database server is made. Two databases with one role each: state owns the
# truth, and the gateway can only read places.
#
# PASSWORDS: a folder with the files state-password and gateway-password.
set -eu
state=$(cat "$PASSWORDS/state-password")
gateway=$(cat "$PASSWORDS/gateway-password")
psql --quiet --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres \
  --set state="$state" --set gateway="$gateway" <<'SQL'
create role honua_state login password :'state';
create role honua_gateway login password :'gateway';
create database honua owner honua_state;
create database gis;
revoke all on database honua, gis from public;
grant connect on database gis to honua_gateway;
SQL
psql --quiet --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname gis <<'SQL'
create extension postgis;
revoke create on schema public from public;
alter role honua_gateway set default_transaction_read_only = on;
grant usage on schema public to honua_gateway;
grant select on all tables in schema public to honua_gateway;
alter default privileges in schema public grant select on tables to honua_gateway;
SQL
