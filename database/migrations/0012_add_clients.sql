-- OAuth: who may ask for tokens beside the console, and what is handed out on the way. And the sessions in which platform
-- staff act inside a tenant, which token exchange asks.

-- The console itself (phasezero-web) is built in and has no row. Nobody here has the password grant (OAuth 2.1).
create table identity.client (
  id text collate "C" primary key check (id ~ '^[a-z0-9][a-z0-9._-]{2,62}$' and id <> 'phasezero-web'),
  name text not null check (char_length(name) between 1 and 100),
  authentication text not null check (authentication in ('none', 'client_secret_basic', 'private_key_jwt')),
  -- SHA-256 of 256 random bits: nothing to guess, so nothing to stretch.
  secret_hash bytea check (octet_length(secret_hash) = 32),
  -- Public keys of private_key_jwt (RFC 7517).
  jwks text check (octet_length(jwks) <= 65536),
  redirect_uris text[] not null default '{}' check (cardinality(redirect_uris) <= 20),
  post_logout_redirect_uris text[] not null default '{}' check (cardinality(post_logout_redirect_uris) <= 20),
  grant_types text[] not null check (grant_types <@ array['authorization_code', 'refresh_token']),
  scopes text[] not null check (scopes <@ array['openid', 'profile', 'email', 'api']),
  -- A resource server: may ask about any client's token, not only about its own.
  introspects boolean not null default false,
  state text not null default 'active' check (state in ('active', 'removed')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint client_credential check (
    (authentication = 'client_secret_basic') = (secret_hash is not null)
    and (authentication = 'private_key_jwt') = (jwks is not null)),
  constraint client_redirect check (not 'authorization_code' = any (grant_types) or cardinality(redirect_uris) > 0),
  constraint client_introspection check (not introspects or authentication <> 'none')
);

-- Which client a session's tokens are for, and what they may be used for.
alter table identity.session
  add column client_id text collate "C" not null default 'phasezero-web',
  add column scope text not null default 'api';
create index session_client on identity.session (client_id) where client_id <> 'phasezero-web';

-- One row for each answer of the authorization endpoint: good for one minute and one exchange. It is kept for a day, so that
-- a code that comes again ends the session that was made from it.
create table identity.authorization_code (
  -- SHA-256; the code itself is in the redirect alone.
  code_hash bytea primary key check (octet_length(code_hash) = 32),
  client_id text collate "C" not null references identity.client,
  redirect_uri text not null,
  -- RFC 7636, S256: base64url of 32 bytes.
  code_challenge text not null check (char_length(code_challenge) = 43),
  nonce text check (char_length(nonce) <= 512),
  scope text not null,
  -- Who agreed, in which tenant, and in which session of theirs: it must still live when the code is exchanged.
  person_id uuid not null references identity.person,
  tenant_id uuid not null references platform.tenant,
  session_id uuid not null references identity.session,
  person_epoch integer not null,
  tenant_epoch integer not null,
  auth_time timestamptz not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz,
  issued_session_id uuid references identity.session,
  constraint authorization_code_use check ((used_at is null) = (issued_session_id is null))
);
create index authorization_code_expiry on identity.authorization_code (expires_at);

-- Assertions of private_key_jwt that were used, until they expire by themselves.
create table identity.client_assertion (
  client_id text collate "C" not null references identity.client,
  -- SHA-256 of the jti, whose length is the client's choice.
  jti_hash bytea not null check (octet_length(jti_hash) = 32),
  expires_at timestamptz not null,
  primary key (client_id, jti_hash)
);
create index client_assertion_expiry on identity.client_assertion (expires_at);

grant select, insert, update on identity.client to pz_identity;
grant select, insert, update, delete on identity.authorization_code, identity.client_assertion to pz_identity;
grant select on identity.client, identity.authorization_code, identity.client_assertion to pz_backup;

-- A session of platform staff inside a tenant. pending → active | denied | expired; active → ended (by the agent) | expired |
-- idle (ten minutes without a request) | revoked. The last five never change again.
create table platform.impersonation_session (
  tenant_id uuid not null default current_setting('app.current_tenant')::uuid references platform.tenant,
  id uuid not null,
  agent_id uuid not null,
  agent_role text not null check (agent_role in ('support_agent', 'platform_admin')),
  -- Whom the agent acts as; null: the tenant's support principal, which is nobody in particular.
  person_id uuid,
  mode text not null default 'ro' check (mode in ('ro', 'rw')),
  state text not null check (state in ('pending', 'active', 'denied', 'expired', 'ended', 'idle', 'revoked')),
  reason text check (char_length(reason) between 10 and 500),
  ticket text check (char_length(ticket) <= 100),
  minutes smallint not null default 30 check (minutes between 1 and 60),
  requested_at timestamptz not null,
  started_at timestamptz,
  last_request_at timestamptz,
  expires_at timestamptz,
  ended_at timestamptz,
  approved_by uuid check (approved_by <> agent_id),
  ended_by uuid,
  primary key (tenant_id, id),
  constraint impersonation_session_active check (
    state <> 'active'
    or started_at is not null and last_request_at is not null and expires_at is not null and ended_at is null),
  constraint impersonation_session_approval check (state <> 'active' or mode = 'ro' or approved_by is not null),
  constraint impersonation_session_length check (expires_at <= started_at + interval '60 minutes')
);
create unique index impersonation_session_open on platform.impersonation_session (tenant_id, agent_id)
  where state in ('pending', 'active');
create index impersonation_session_page on platform.impersonation_session (tenant_id, requested_at desc, id desc);
-- For token exchange, which is told the id alone; the tenants' roles cannot use it below their policies.
create index impersonation_session_id on platform.impersonation_session (id);

alter table platform.impersonation_session enable row level security;
alter table platform.impersonation_session force row level security;
create policy tenant_rw on platform.impersonation_session for all to pz_app
  using (tenant_id = current_setting('app.current_tenant')::uuid)
  with check (tenant_id = current_setting('app.current_tenant')::uuid);
create policy tenant_ro on platform.impersonation_session for select to pz_support
  using (tenant_id = current_setting('app.current_tenant')::uuid);
create policy platform_ro on platform.impersonation_session for select to pz_admin using (true);
create policy identity_ro on platform.impersonation_session for select to pz_identity using (true);
grant select, insert, update, delete on platform.impersonation_session to pz_app;
grant select on platform.impersonation_session to pz_support, pz_admin, pz_identity, pz_backup;
