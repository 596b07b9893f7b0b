-- Signing in: what a session knows of its beginning, the throttle of credentials, second factors.

alter table identity.session
  -- How the person signed in (RFC 8176), separated by spaces.
  add column amr text not null default 'pwd' check (amr ~ '^[a-z]+( [a-z]+)*$'),
  -- For the person's own list of sessions: what the browser says it is, shortened.
  add column user_agent text check (char_length(user_agent) <= 200),
  -- The browser, if it was known at sign-in: the identifier in its device cookie.
  add column device uuid,
  -- Refreshes are counted by one point in time (the generic cell rate algorithm): when all that were made are paid for.
  add column refresh_busy_until timestamptz not null default 'epoch';
alter table identity.session drop constraint session_revoke_reason_check;
alter table identity.session add constraint session_revoke_reason_check check (revoke_reason in (
  'signed_out', 'refresh_reuse', 'forced', 'password_changed', 'ended', 'switched_tenant', 'second_factor_changed'));

-- One row for each bucket of the throttle: an account as one kind of device sees it, or a network address. The key is a
-- keyed hash, so the table tells neither addresses nor e-mail addresses. Unlogged: an attempt that is refused must not cost
-- a disk flush, and what a crash forgets is at most a day of failures.
create unlogged table identity.login_throttle (
  key bytea primary key check (octet_length(key) = 32),
  failures integer not null default 0 check (failures >= 0),
  -- No attempt before; for an address, when the attempts that were made are paid for.
  wait_until timestamptz not null,
  changed_at timestamptz not null
);
create index login_throttle_age on identity.login_throttle (changed_at);

-- An authenticator app (RFC 6238). Without confirmed_at it is being enrolled and proves nothing.
create table identity.totp (
  person_id uuid primary key references identity.person,
  -- Fernet under PZ_ENCRYPTION_KEYS, with the person inside the plaintext.
  secret_encrypted text not null,
  confirmed_at timestamptz,
  -- The latest time step that was accepted: no step is accepted twice.
  last_step bigint not null default 0,
  created_at timestamptz not null
);

create table identity.recovery_code (
  person_id uuid not null references identity.person,
  code_hash bytea not null check (octet_length(code_hash) = 32),
  created_at timestamptz not null,
  used_at timestamptz,
  primary key (person_id, code_hash)
);

-- Between the two steps of a sign-in: the password was right, the second factor is to come.
create table identity.mfa_challenge (
  token_hash bytea primary key check (octet_length(token_hash) = 32),
  person_id uuid not null references identity.person,
  tenant_id uuid not null references platform.tenant,
  -- A password or role change in between makes the token worthless.
  person_epoch integer not null,
  -- What it is good for: the code of an authenticator that is there, or enrolling one first.
  purpose text not null check (purpose in ('verify', 'enrol')),
  -- Wrong codes so far; a few end it.
  attempts integer not null default 0,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz
);
create index mfa_challenge_age on identity.mfa_challenge (expires_at);

grant select, insert, update, delete on identity.login_throttle, identity.totp, identity.recovery_code,
  identity.mfa_challenge to pz_identity;
grant select on identity.login_throttle, identity.totp, identity.recovery_code, identity.mfa_challenge to pz_backup;
