-- What each login role can do to each table, tried out and compared with matrix.csv. Run by ./run in a clone of the migrated
-- database: the clone loses its checks and foreign keys, so that any table takes a row of two tenants without anybody writing
-- one; grants and policies stay as the migrations made them.
\set ON_ERROR_STOP on
\set QUIET on
\pset format unaligned
\pset tuples_only on
set client_min_messages = warning;
create extension pgtap;

create schema trial;
create temporary table expected (
  "table" text, command text, pz_app text, pz_support text, pz_admin text, pz_identity text, pz_backup text, pz_migrator text,
  primary key ("table", command));
\copy expected from 'matrix.csv' with (format csv, header true)

create view trial.relation as
  select c.oid, c.oid::regclass::text as name, c.relkind = 'v' as is_view,
         (select quote_ident(a.attname) from pg_attribute a
           where a.attrelid = c.oid and not a.attisdropped
             and a.attname = case when c.oid::regclass::text = 'platform.tenant' then 'id' else 'tenant_id' end) as tenant_column
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'public', 'trial')
     and c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition;

create function trial.tenant(foreign_one boolean) returns uuid language sql immutable as
  $$ select (case when foreign_one then '0197c0de-ffff-7000-8000-00000000000b' else '0197c0de-ffff-7000-8000-00000000000a' end)::uuid $$;

-- An INSERT of a row of one of the two tenants, with new keys.
create function trial.insert_of(relation trial.relation, foreign_one boolean) returns text language plpgsql as $$
declare
  names text;
  filled text;
begin
  select string_agg(quote_ident(a.attname), ', '), string_agg(case
           when quote_ident(a.attname) = relation.tenant_column then quote_literal(trial.tenant(foreign_one)) || '::uuid'
           when a.atttypid = 'uuid'::regtype then 'gen_random_uuid()'
           when a.atttypid = 'bytea'::regtype then quote_literal(decode(md5(random()::text), 'hex')) || '::bytea'
           when a.atttypid = 'text'::regtype then quote_literal(md5(random()::text))
           when a.atttypid in ('integer'::regtype, 'bigint'::regtype, 'smallint'::regtype)
             then (random() * 30000)::integer::text
           when a.atttypid = 'date'::regtype then 'current_date'
           else 'now()' end, ', ')
    into names, filled
    from pg_attribute a
   where a.attrelid = relation.oid and a.attnum > 0 and a.attgenerated = ''
     and (quote_ident(a.attname) = relation.tenant_column
          or exists (select from pg_index i where i.indrelid = a.attrelid and i.indisprimary and a.attnum = any (i.indkey)));
  return format('insert into %s (%s) values (%s)', relation.name, names, filled);
end $$;

-- Whose rows a statement reaches as this role, in a transaction of the first tenant: "own", "all", "none" (allowed, but
-- there is nothing to see), or "-" (refused). Nothing of it stays.
create function trial.reach(relation trial.relation, command text, login name) returns text language plpgsql as $$
declare
  own bigint := 0;
  others bigint := 0;
  refused boolean := true;
  statement text;
begin
  begin
    -- Who owns one tenant's rows says the row itself; without a tenant, any row is as good as everybody's.
    execute format('delete from %s', relation.name);
    if command <> 'insert' then
      execute trial.insert_of(relation, false);
      execute trial.insert_of(relation, true);
    end if;
    perform set_config('app.current_tenant', trial.tenant(false)::text, true);
    -- What the role's settings say at its login (database/roles.sql).
    if login = 'pz_migrator' then
      perform set_config('row_security', 'off', true);
    end if;
    if command = 'select' then
      statement := format('select count(*) filter (where %2$s), count(*) filter (where not (%2$s)) from %1$s', relation.name,
                          coalesce(relation.tenant_column || ' = ' || quote_literal(trial.tenant(false)), 'false'));
      execute format('set local role %I', login);
      execute statement into own, others;
      refused := false;
    elsif command = 'insert' then
      for foreign_one in 0..1 loop
        statement := trial.insert_of(relation, foreign_one = 1);
        begin
          execute format('set local role %I', login);
          execute statement;
          refused := false;
          if foreign_one = 1 then others := 1; else own := 1; end if;
          reset role;
        exception when insufficient_privilege then
          null;
        end;
      end loop;
    else
      statement := case command
        when 'delete' then format('delete from %s', relation.name)
        else (select format('update %s set %I = null', relation.name, a.attname) from pg_attribute a
               where a.attrelid = relation.oid and a.attnum > 0 and a.attgenerated = '' and not a.attisdropped
                 and quote_ident(a.attname) is distinct from relation.tenant_column
                 and not exists (select from pg_index i where i.indrelid = a.attrelid and i.indisunique and a.attnum = any (i.indkey))
                 and not exists (select from pg_trigger t where t.tgrelid = a.attrelid and a.attnum = any (t.tgattr))
               order by a.attnum desc limit 1) end;
      execute format('set local role %I', login);
      execute statement;
      get diagnostics own = row_count;
      others := own - 1;
      refused := false;
    end if;
    raise exception 'undo' using errcode = 'PZ000';
  exception
    when insufficient_privilege then refused := true;
    when sqlstate 'PZ000' then null;
  end;
  return case
    when refused then '-'
    when others > 0 then 'all'
    when own > 0 then 'own'
    else 'none' end;
end $$;

-- Bare tables: what is measured is who reaches a row by grants and policies, not what a row looks like or what a trigger says.
do $$
declare
  each record;
begin
  for each in select r.name from trial.relation r where not r.is_view loop
    execute format('alter table %s disable trigger user', each.name);
  end loop;
  for each in
    select k.conrelid::regclass as relation, k.conname from pg_constraint k join trial.relation r on r.oid = k.conrelid
     where k.contype in ('c', 'f') order by k.contype desc
  loop
    execute format('alter table %s drop constraint if exists %I cascade', each.relation, each.conname);
  end loop;
  for each in
    select r.name, a.attname from trial.relation r join pg_attribute a on a.attrelid = r.oid
     where not r.is_view and a.attnum > 0 and a.attnotnull and not a.attisdropped
       and not exists (select from pg_index i where i.indrelid = r.oid and i.indisprimary and a.attnum = any (i.indkey))
  loop
    execute format('alter table %s alter column %I drop not null', each.name, each.attname);
  end loop;
end $$;

create temporary table measured as
  select r.name as "table", command,
         case when r.is_view and has_table_privilege(login, r.oid, command) then 'view'
              when r.is_view then '-'
              else trial.reach(r, command, login) end as reach,
         login
    from trial.relation r
    cross join unnest(array['select', 'insert', 'update', 'delete']) command
    cross join (select rolname as login from pg_roles where rolcanlogin and rolname ~ '^pz_') logins;

\if :{?write}
  \copy (select "table", command, max(reach) filter (where login = 'pz_app') as pz_app, max(reach) filter (where login = 'pz_support') as pz_support, max(reach) filter (where login = 'pz_admin') as pz_admin, max(reach) filter (where login = 'pz_identity') as pz_identity, max(reach) filter (where login = 'pz_backup') as pz_backup, max(reach) filter (where login = 'pz_migrator') as pz_migrator from measured group by "table", command order by "table", array_position(array['select', 'insert', 'update', 'delete'], command)) to 'matrix.csv' with (format csv, header true)
  \quit
\endif

select plan((4 + (select count(*) from expected) + 2 * (select count(*) from trial.relation where not is_view))::integer);

select is_empty(
  $$select distinct "table" from measured except select "table" from expected$$, 'every table and view has its rows in matrix.csv');
select is_empty(
  $$select "table", command from expected except select "table", command from measured$$, 'every row of matrix.csv is about a table');
select set_eq(
  $$select distinct "table", command from expected$$,
  $$select distinct "table", command from measured$$, 'each table has a row for each command');
select is_empty(
  $$select login from measured where not to_jsonb((select e from expected e limit 1)) ? login$$,
  'every login role has a column in matrix.csv');

select is(string_agg(m.login || ' ' || m.reach, ', ' order by m.login),
          (select string_agg(cell.key || ' ' || cell.value, ', ' order by cell.key)
             from jsonb_each_text(to_jsonb(e) - 'table' - 'command') cell),
          e."table" || ' ' || e.command)
  from expected e left join measured m using ("table", command)
 group by e.*, e."table", e.command
 order by e."table", e.command;

-- What no service needs on any table, and what would be no use to a reader in a matrix.
select is((select string_agg(rolname || ' ' || privilege, ', ') from pg_roles
            cross join unnest(array['truncate', 'references', 'trigger']) privilege
            where rolcanlogin and rolname ~ '^pz_' and rolname <> 'pz_migrator' and has_table_privilege(oid, r.oid, privilege)),
          null, r.name || ' truncate, references, trigger: nobody')
  from trial.relation r where not is_view order by r.name;
select is((select string_agg(distinct a.privilege_type, ', ') from aclexplode((select relacl from pg_class where oid = r.oid)) a
            where a.grantee = 0 and not (r.name = 'platform.schema_migration' and a.privilege_type = 'SELECT')),
          null, r.name || ' grants nothing to everybody')
  from trial.relation r where not is_view order by r.name;

select * from finish();
