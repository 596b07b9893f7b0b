-- Sessions that ended long ago are swept away a few at a time; the trigger on the table takes their row in
-- platform.live_session along.
grant delete on identity.session to pz_identity;
