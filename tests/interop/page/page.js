// A page of another origin that signs people in with oidc-client-ts; everything that it needs is configured by /settings.json.
const { UserManager, WebStorageStateStore } = window.oidc;
const settings = await (await fetch("/settings.json")).json();
const manager = new UserManager({
    authority: settings.authority,
    client_id: settings.client_id,
    redirect_uri: `${location.origin}/callback`,
    post_logout_redirect_uri: `${location.origin}/`,
    scope: settings.scope,
    loadUserInfo: true,
    automaticSilentRenew: false,
    userStore: new WebStorageStateStore({ store: window.sessionStorage }),
});

/** What happened last, for people and for the test. */
function say(text) {
    document.querySelector("[role=status]").textContent = text;
}

function show(user) {
    const { profile, scope, access_token, refresh_token, expires_in } = user;
    document.querySelector("pre").textContent = JSON.stringify({ profile, scope, access_token, refresh_token, expires_in });
}

function onClick(id, work) {
    document.getElementById(id).addEventListener("click", () => {
        say("working");
        work().catch((error) => say(`failed: ${error.message}`));
    });
}

onClick("sign-in", () => manager.signinRedirect());
onClick("renew", async () => {
    show(await manager.signinSilent());
    say("renewed");
});
onClick("items", async () => {
    const { access_token } = await manager.getUser();
    const response = await fetch(`${settings.api}/api/v1/items?limit=1`, { headers: { authorization: `Bearer ${access_token}` } });
    const { items } = await response.json();
    say(`${items.length} item`);
});

onClick("revoke", async () => {
    await manager.revokeTokens();
    say("revoked");
});
onClick("sign-out", () => manager.signoutRedirect());

if (location.pathname === "/callback") {
    try {
        show(await manager.signinCallback());
        say("signed in");
    } catch (error) {
        say(`failed: ${error.message}`);
    }
} else {
    say((await manager.getUser()) ? "signed in" : "signed out");
}
