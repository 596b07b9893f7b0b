-- Who belongs to a tenant, how one comes to belong to it, how one comes back without the password, and the mail that
-- carries the links.

-- Lists by name.
alter table identity.person add name_folded text collate "C" not null generated always as (lower(name)) stored;

-- A tenant's admin may shut a person out of the tenant, never out of the account, which may have other tenants.
alter table identity.membership
  add state text not null default 'active' check (state in ('active', 'disabled')),
  add version integer not null default 1,
  add updated_at timestamptz not null default now();
create index membership_page on identity.membership (tenant_id, created_at desc, person_id desc);

-- An invitation and the one link that opens it now. The link is made when a mail is sent: the row knows its hash, and the
-- mail alone knows the link.
create table identity.invitation (
  tenant_id uuid not null references platform.tenant,
  id uuid not null,
  email text not null check (char_length(email) between 3 and 254),
  email_folded text collate "C" not null generated always as (lower(email)) stored,
  role text not null check (role in ('admin', 'standard', 'platform_admin', 'support_agent')),
  -- From pending to one of the others, once.
  state text not null default 'pending' check (state in ('pending', 'accepted', 'withdrawn')),
  invited_by uuid not null references identity.person,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  closed_at timestamptz,
  -- SHA-256 of the token. A newer mail's replaces it.
  link_hash bytea constraint invitation_link_key unique check (octet_length(link_hash) = 32),
  link_expires_at timestamptz,
  -- Wrong passwords given with this link.
  link_failures smallint not null default 0,
  primary key (tenant_id, id),
  constraint invitation_platform_role check (
    (role in ('platform_admin', 'support_agent')) = (tenant_id = '00000000-0000-0000-0000-000000000000')),
  constraint invitation_closed check ((state = 'pending') = (closed_at is null)),
  constraint invitation_link check ((link_hash is null) = (link_expires_at is null))
);
create unique index invitation_pending_key on identity.invitation (tenant_id, email_folded) where state = 'pending';
create index invitation_page on identity.invitation (tenant_id, created_at desc, id desc);

-- The one link with which a person may set a new password now.
create table identity.password_reset (
  person_id uuid primary key references identity.person,
  link_hash bytea not null constraint password_reset_link_key unique check (octet_length(link_hash) = 32),
  link_expires_at timestamptz not null,
  used_at timestamptz
);

-- What is to be mailed, written in the transaction of what it tells of. It holds no link and no text: both are made when it
-- is sent, and whether an account stands behind a typed address is looked up only then.
create table identity.mail (
  id uuid primary key,
  kind text not null check (kind in ('invitation', 'password_reset', 'password_changed')),
  tenant_id uuid references platform.tenant,
  invitation_id uuid,
  -- Null for an invitation, which has the address, and once the mail is done.
  recipient text check (char_length(recipient) between 3 and 254),
  -- Of a password reset: keyed hashes of the address, and of the network that asked. The limits count by them.
  recipient_key bytea check (octet_length(recipient_key) = 32),
  requester_key bytea check (octet_length(requester_key) = 32),
  created_at timestamptz not null,
  attempts smallint not null default 0,
  -- Null once there is an outcome.
  next_attempt_at timestamptz,
  outcome text check (outcome in ('sent', 'dropped', 'given_up')),
  done_at timestamptz,
  last_error text,
  foreign key (tenant_id, invitation_id) references identity.invitation,
  constraint mail_subject check ((kind = 'invitation') = (invitation_id is not null)),
  constraint mail_limits check (
    (kind = 'password_reset') = (recipient_key is not null) and (recipient_key is null) = (requester_key is null)),
  constraint mail_done check (
    (next_attempt_at is null) = (outcome is not null) and (outcome is null) = (done_at is null))
);
create index mail_due on identity.mail (next_attempt_at) where next_attempt_at is not null;
create index mail_recipient on identity.mail (recipient_key, created_at) where recipient_key is not null;
create index mail_requester on identity.mail (requester_key, created_at) where requester_key is not null;
create index mail_tenant on identity.mail (tenant_id, created_at) where tenant_id is not null;
create index mail_age on identity.mail (created_at);

grant select, insert, update on identity.invitation, identity.password_reset to pz_identity;
grant select, insert, update, delete on identity.mail to pz_identity;
grant select on identity.invitation, identity.password_reset, identity.mail to pz_backup;
