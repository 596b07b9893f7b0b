-- The limits that the services ask for at the start of a session (docs/security.md), as settings of their roles: behind a pooler.
-- As a superuser, or as a role that may alter these.
alter role pz_app set statement_timeout = '3s';
alter role pz_support set statement_timeout = '3s';
alter role pz_identity set statement_timeout = '3s';
alter role pz_admin set statement_timeout = '15s';

do $$
declare
  login text;
begin
  foreach login in array array['pz_app', 'pz_support', 'pz_admin', 'pz_identity'] loop
    execute format('alter role %I set lock_timeout = %L', login, '1s');
    execute format('alter role %I set idle_in_transaction_session_timeout = %L', login, '5s');
    execute format('alter role %I set plan_cache_mode = %L', login, 'force_generic_plan');
    execute format('alter role %I set jit = off', login);
  end loop;
end
$$;
