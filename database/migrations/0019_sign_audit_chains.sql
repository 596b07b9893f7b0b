-- Who signs the chains: the audit's own keys, and what the signer needs to find only the new events of a long chain.

-- Public halves stay for good, because what they signed does. The private half of the one key that is not retired is there
-- as Fernet ciphertext under product-core-api's PZ_ENCRYPTION_KEYS.
create table audit.signing_key (
  kid text collate "C" primary key,
  public_jwk text not null,
  private_key_encrypted text,
  created_at timestamptz not null,
  retired_at timestamptz,
  constraint signing_key_private_half check ((private_key_encrypted is null) = (retired_at is not null))
);
grant select, insert on audit.signing_key to pz_admin;
grant update (private_key_encrypted, retired_at) on audit.signing_key to pz_admin;
grant select on audit.signing_key to pz_backup;

-- The column `at` of the event that the checkpoint stands at: the events behind it have no earlier one, so they are found
-- without reading what is in front of them.
alter table audit.checkpoint add column event_at timestamptz not null default '-infinity';
alter table audit.checkpoint alter column event_at drop default;

-- Up to where the chain is signed, and when it was: so that whoever looks for work every few seconds reads one row of each
-- chain and not its checkpoints.
alter table audit.chain_head
  add column signed_seq bigint not null default 0,
  add column signed_at timestamptz not null default '-infinity';

drop function audit.unsigned_chains(bigint, timestamptz);
drop function audit.leaves(uuid, bigint, bigint);
drop function audit.keep_checkpoint(uuid, bigint, bytea, bytea, text, text, timestamptz);

-- Chains with so many events since their last checkpoint, or with any and a last checkpoint that old, each with that
-- checkpoint.
create function audit.unsigned_chains(many bigint, before timestamptz)
  returns table (chain uuid, seq bigint, hash bytea, at timestamptz,
                 signed_seq bigint, signed_hash bytea, signed_at timestamptz, frontier bytea)
  language plpgsql stable security definer set search_path = pg_catalog
as $$
begin
  if current_setting('app.current_tenant')::uuid <> '00000000-0000-0000-0000-000000000000' then
    raise exception 'only the platform signs chains' using errcode = 'insufficient_privilege';
  end if;
  return query
    select h.tenant_id, h.seq, h.hash, h.at, coalesce(c.seq, 0), coalesce(c.hash, decode(repeat('00', 32), 'hex')),
           coalesce(c.event_at, '-infinity'), coalesce(c.frontier, ''::bytea)
      from audit.chain_head h
      left join lateral (
        select k.seq, k.hash, k.event_at, k.frontier from audit.checkpoint k
         where k.tenant_id = h.tenant_id order by k.seq desc limit 1) c on true
     where h.seq > h.signed_seq and (h.seq - h.signed_seq >= many or h.signed_at <= before);
end
$$;
revoke execute on function audit.unsigned_chains(bigint, timestamptz) from public;
grant execute on function audit.unsigned_chains(bigint, timestamptz) to pz_admin;

-- Of the events behind one number and up to another, in their order, what ties them together: no word of what they say.
create function audit.links(of_chain uuid, behind bigint, behind_at timestamptz, up_to bigint)
  returns table (seq bigint, body_hash bytea, leaf bytea, hash bytea)
  language plpgsql stable security definer set search_path = pg_catalog
as $$
begin
  if current_setting('app.current_tenant')::uuid <> '00000000-0000-0000-0000-000000000000' then
    raise exception 'only the platform signs chains' using errcode = 'insufficient_privilege';
  end if;
  return query
    select e.seq, sha256(e.body), sha256('\x00'::bytea || e.body), e.hash from audit.event e
     where e.tenant_id = of_chain and e.at >= behind_at and e.seq > behind and e.seq <= up_to
     order by e.at, e.seq;
end
$$;
revoke execute on function audit.links(uuid, bigint, timestamptz, bigint) from public;
grant execute on function audit.links(uuid, bigint, timestamptz, bigint) to pz_admin;

create function audit.keep_checkpoint(
    of_chain uuid, at_seq bigint, at_hash bytea, at_time timestamptz, new_frontier bytea, by_kid text, new_jws text,
    made timestamptz)
  returns void
  language plpgsql volatile security definer set search_path = pg_catalog
as $$
begin
  if current_setting('app.current_tenant')::uuid <> '00000000-0000-0000-0000-000000000000' then
    raise exception 'only the platform signs chains' using errcode = 'insufficient_privilege';
  end if;
  insert into audit.checkpoint (tenant_id, seq, hash, event_at, frontier, kid, jws, made_at)
  values (of_chain, at_seq, at_hash, at_time, new_frontier, by_kid, new_jws, made);
  update audit.chain_head h set signed_seq = at_seq, signed_at = made
   where h.tenant_id = of_chain and h.signed_seq < at_seq;
end
$$;
revoke execute on function audit.keep_checkpoint(uuid, bigint, bytea, timestamptz, bytea, text, text, timestamptz)
  from public;
grant execute on function audit.keep_checkpoint(uuid, bigint, bytea, timestamptz, bytea, text, text, timestamptz)
  to pz_admin;
