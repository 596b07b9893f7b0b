import { getRouteApi } from "@tanstack/react-router";
import { session } from "@/lib/session/browser-session";
import { AuditView } from "../components/audit-view";
import { words } from "../words";

const route = getRouteApi("/shell/support/audit");

/** What somebody of support did; platform admins see everybody's acts. */
export function SupportAuditPage() {
    const search = route.useSearch();
    const navigate = route.useNavigate();
    const whole = session.identity()?.role === "platform_admin";
    return (
        <AuditView
            {...(whole ? words.platform : words.own)}
            log="platform"
            whole={whole}
            search={search}
            onSearch={(next, replace = false) => void navigate({ search: next, replace })}
        />
    );
}
