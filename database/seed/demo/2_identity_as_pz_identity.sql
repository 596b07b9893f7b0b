-- The demo's accounts (contracts of the founding document: platform123, support123, admin123, user123), hashed with
-- Argon2id. They sign in only under the demo and test profiles: a production service refuses to start while they exist.
insert into identity.person (id, email, name, password_hash, demo) values
  ('0197c0de-0000-7000-9000-000000000001', 'platform@numbersence.com', 'Platform admin',
   '$argon2id$v=19$m=19456,t=2,p=1$Eew1pV+7TZYG2RfQOALVRg$OGXFBguNkVT6cvWjP6Y/w2DZKEP2uPxBzXqH29LK42Y', true),
  ('0197c0de-0000-7000-9000-000000000002', 'support@numbersence.com', 'Support agent',
   '$argon2id$v=19$m=19456,t=2,p=1$d4LW+PK+eqEbxflsfhh27w$7dcG4yXevPOK1SklBcIi+v3cIkvsHjDZ+VKAe52Jvtg', true),
  ('0197c0de-0000-7000-9000-000000000003', 'admin@acme.example', 'Acme admin',
   '$argon2id$v=19$m=19456,t=2,p=1$J2dcsTgqG/u/FWx0oOlO6w$JwB297EAZmm0gljNO23VFN+u9QaNFe2K3bQDfIuLhW0', true),
  ('0197c0de-0000-7000-9000-000000000004', 'user@acme.example', 'Acme user',
   '$argon2id$v=19$m=19456,t=2,p=1$yhnS8W36okislPrn7o9D3Q$mR20i5AlEatDZhYHVtA4XKAt8+id574NQMcEOzC6q+U', true),
  ('0197c0de-0000-7000-9000-000000000005', 'admin@globex.example', 'Globex admin',
   '$argon2id$v=19$m=19456,t=2,p=1$F3Y40mmSKpUKPkmPG+YHKQ$USaN/AMWJQwDY4LPY+djQi5pbBkBXHAd0DBgtCsssW4', true),
  ('0197c0de-0000-7000-9000-000000000006', 'user@globex.example', 'Globex user',
   '$argon2id$v=19$m=19456,t=2,p=1$TSXVsIy1qvJLVhsUf4//hA$2DPqsPMsgKUD0IylAgjpoeKEKldyHNuRvN2oE+VoRCo', true),
  ('0197c0de-0000-7000-9000-000000000007', 'admin@initech.example', 'Initech admin',
   '$argon2id$v=19$m=19456,t=2,p=1$Re93NcvG99lcl95BsHvIRw$B1irSIbR9ENX8xi9tPVRW5zV3RjN9MDxzQPRBc5BINw', true),
  ('0197c0de-0000-7000-9000-000000000008', 'user@initech.example', 'Initech user',
   '$argon2id$v=19$m=19456,t=2,p=1$+7EDp/7WlbFniKz5aVXs5w$N3QLmeev7mlZDyvQvH1B1IChjDnlNUOd5IDc3EVk1/A', true)
on conflict (id) do nothing;

insert into identity.membership (tenant_id, person_id, role) values
  ('00000000-0000-0000-0000-000000000000', '0197c0de-0000-7000-9000-000000000001', 'platform_admin'),
  ('00000000-0000-0000-0000-000000000000', '0197c0de-0000-7000-9000-000000000002', 'support_agent'),
  ('0197c0de-0000-7000-8000-00000000ac3e', '0197c0de-0000-7000-9000-000000000003', 'admin'),
  ('0197c0de-0000-7000-8000-00000000ac3e', '0197c0de-0000-7000-9000-000000000004', 'standard'),
  ('0197c0de-0000-7000-8000-00000000610b', '0197c0de-0000-7000-9000-000000000005', 'admin'),
  ('0197c0de-0000-7000-8000-00000000610b', '0197c0de-0000-7000-9000-000000000006', 'standard'),
  ('0197c0de-0000-7000-8000-00000001417c', '0197c0de-0000-7000-9000-000000000007', 'admin'),
  ('0197c0de-0000-7000-8000-00000001417c', '0197c0de-0000-7000-9000-000000000008', 'standard')
on conflict (tenant_id, person_id) do nothing;

-- A client to try OpenID Connect with, from this machine: no secret, PKCE.
insert into identity.client (id, name, authentication, redirect_uris, post_logout_redirect_uris, grant_types, scopes) values
  ('demo-app', 'Demo app', 'none', array['http://localhost:4000/callback'], array['http://localhost:4000/'],
   array['authorization_code', 'refresh_token'], array['openid', 'profile', 'email', 'api'])
on conflict (id) do nothing;
