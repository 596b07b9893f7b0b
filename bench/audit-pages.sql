-- A chain of :events events in one organization, as audit.append() would have written it one by one: `phasezero audit verify`
-- finds nothing. Written here in large transactions, because a million commits prove nothing about reading.
-- For a migrated database that nobody needs, and an organization without a chain:
--   psql -X -U postgres -d scratch -v events=1000000 -v org=UUID -f bench/audit-pages.sql

\set QUIET on
select set_config('bench.events', :'events', false) \gset ignored_

create procedure pg_temp.write_chain(chain uuid, events integer) language plpgsql as $$
declare
  actions text[] := array['item.created', 'item.updated', 'item.deleted', 'project.created', 'project.updated', 'session.started',
                          'session.ended', 'member.invited', 'integration.updated', 'org.updated'];
  previous bytea := decode(repeat('00', 32), 'hex');
  first timestamptz := date_trunc('month', now(), 'UTC');
  at timestamptz;
  body bytea;
  outcome text;
  action text;
  actor uuid;
  target uuid;
  session uuid;
  id uuid;
begin
  for n in 1 .. events loop
    at := first + n * (interval '110 days' / events);
    id := ('0198a0d1-0001-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid;
    -- One event in fifty is a refusal, one in 500 belongs to a support session; a few people do most of it.
    outcome := case when n % 50 = 0 then 'refused' else 'success' end;
    action := case when n % 50 = 0 then 'request.refused' when n % 100003 = 7 then 'org.exported'
                   else actions[1 + (n * 7) % 10] end;
    actor := ('0198a0d1-0002-7000-8000-' || lpad(to_hex((sqrt((n::bigint * 48271) % 40000))::integer), 12, '0'))::uuid;
    target := ('0198a0d1-0003-7000-8000-' || lpad(to_hex((n::bigint * 69621 % 50000)::integer), 12, '0'))::uuid;
    session := case when n % 500 = 1 then ('0198a0d1-0004-7000-8000-' || lpad(to_hex(n / 10000), 12, '0'))::uuid end;
    body := convert_to(
      '{"action":"' || action || '","actor":{"id":"' || actor || '","role":"standard","tenant":"' || chain
      || '","type":"person"},"chain":"' || chain || '","ctx":{"ip_c":"' || repeat('i', 43) || '","req":"Zm9vYmFyYmF6cXV1eA-'
      || lpad(to_hex(n), 10, '0') || '","route":"PATCH /api/v1/items/{id}","status":200,"ua_c":"' || repeat('u', 43)
      || '"},"diff":{"after":{"title":"Renamed ' || n || '"},"before":{"title":"Before ' || n || '"}},"id":"' || id || '",'
      || case when session is null then '' else '"imp":{"mode":"ro","sid":"' || session || '"},' end
      || '"outcome":"' || outcome || '","seq":' || n || ',"target":[{"id":"' || target || '","type":"item"}],"ts":"'
      || to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '","v":1}', 'UTF8');
    previous := sha256('\x02'::bytea || uuid_send(chain) || int8send(n) || previous || sha256(body));
    insert into audit.event values (chain, at, n, id, action, outcome, actor, target, session, body, previous);
    if n % 10000 = 0 then
      commit;
    end if;
  end loop;
  insert into audit.chain_head values (chain, events, previous, at);
end
$$;
call pg_temp.write_chain(:'org', current_setting('bench.events')::integer);
vacuum analyze audit.event;
vacuum analyze audit.chain_head;
