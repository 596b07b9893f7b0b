import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { type Identity, landingPath } from "@/lib/session/claims";
import { safeNextPath } from "@/lib/session/next-path";
import { SignIn } from "../components/sign-in";

const route = getRouteApi("/login");

export function LoginPage() {
    const { next, notice } = route.useSearch();
    const navigate = useNavigate();

    async function enter(identity: Identity) {
        await navigate({ href: safeNextPath(next, location.origin) ?? landingPath(identity.role), replace: true });
    }

    return <SignIn notice={notice} onSignedIn={enter} />;
}
