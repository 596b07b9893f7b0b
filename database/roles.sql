-- Roles of Phase Zero: one login per kind of traffic, never SET ROLE in a service.
-- Run once per cluster, as a role that may create roles; running it again changes nothing. Passwords are not set here.

do $$
declare
  login text;
begin
  if not exists (select from pg_roles where rolname = 'pz_owner') then
    create role pz_owner nologin;
  end if;
  foreach login in array array['pz_migrator', 'pz_app', 'pz_support', 'pz_admin', 'pz_identity', 'pz_backup'] loop
    if not exists (select from pg_roles where rolname = login) then
      execute format('create role %I login', login);
    end if;
  end loop;
end
$$;

alter role pz_owner nologin nosuperuser nobypassrls nocreatedb nocreaterole;
alter role pz_migrator nosuperuser nobypassrls nocreatedb nocreaterole;
alter role pz_app nosuperuser nobypassrls nocreatedb nocreaterole noinherit;
alter role pz_support nosuperuser nobypassrls nocreatedb nocreaterole noinherit;
alter role pz_admin nosuperuser nobypassrls nocreatedb nocreaterole noinherit;
alter role pz_identity nosuperuser nobypassrls nocreatedb nocreaterole noinherit;

-- pg_dump needs to see every tenant's rows; it can read and nothing else.
alter role pz_backup nosuperuser bypassrls nocreatedb nocreaterole noinherit;
alter role pz_backup set default_transaction_read_only = on;

-- The migrator acts as the owner from its first statement on. With row_security off a data migration that would touch
-- rows behind a policy raises, where it would otherwise update none of them and look successful.
grant pz_owner to pz_migrator;
alter role pz_migrator set role = 'pz_owner';
alter role pz_migrator set row_security = off;
alter role pz_migrator set lock_timeout = '2s';
