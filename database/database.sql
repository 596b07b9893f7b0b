-- What the one database needs once, before the first migration: run in it as a superuser (or, on managed PostgreSQL, as
-- its owner: the last statement is then refused, which phasezero prove reports as a warning). Running it again changes
-- nothing.

revoke all on schema public from public;

do $$
begin
  -- No temporary tables for anyone but the migrator: pg_temp can shadow names.
  execute format('revoke all on database %I from public', current_database());
  execute format('grant connect, create, temporary on database %I to pz_owner', current_database());
  execute format(
    'grant connect on database %I to pz_migrator, pz_app, pz_support, pz_admin, pz_identity, pz_backup',
    current_database());
end
$$;

-- An injected expression could otherwise switch the tenant inside a SELECT; SET LOCAL is a statement of its own.
revoke execute on function pg_catalog.set_config(text, text, boolean) from public;
-- pg_dump pins its search_path with it.
grant execute on function pg_catalog.set_config(text, text, boolean) to pz_backup;
