-- API keys: how a tenant's own machines sign in. A key is a person row of kind machine with one session that lives as long as the
-- key may be used, so everything that is asked of a token of a person is asked of a machine's too, by the same statement.

-- A machine has no address and no password, so nothing that asks for either can let it in; and no membership, so it is in no list
-- of members and counts as nobody's administrator.
alter table identity.person
  add column kind text not null default 'person' check (kind in ('person', 'machine')),
  alter column email drop not null,
  alter column email_folded drop not null,
  add constraint person_kind check (
    case kind when 'machine' then email is null and password_hash is null else email is not null end);

create table identity.api_key (
  -- Also the id of its person row and of its session: tokens and logs name the key itself.
  id uuid primary key references identity.person references identity.session,
  tenant_id uuid not null references platform.tenant,
  name text not null check (char_length(name) between 1 and 120),
  role text not null check (role in ('admin', 'standard')),
  -- SHA-256 of 256 random bits: nothing to guess, so nothing to stretch.
  secret_hash bytea not null check (octet_length(secret_hash) = 32),
  created_by uuid not null references identity.person,
  created_at timestamptz not null,
  -- When it last got a token, to the minute. When it ends and whether it was revoked is its session's to say.
  last_used_at timestamptz
);
create index api_key_page on identity.api_key (tenant_id, created_at desc, id desc);

grant select, insert, update on identity.api_key to pz_identity;
grant select on identity.api_key to pz_backup;
