import { MenuChoice, MenuLine } from "@/components/ui/menu";
import { notifyProblem } from "@/components/ui/toasts";
import type { Me } from "@/lib/api/me";
import { session } from "@/lib/session/browser-session";
import { words } from "../words";

async function goTo(tenantId: string, name: string) {
    try {
        await session.switchTo(tenantId);
    } catch (error) {
        notifyProblem(words.notSwitched(name), error);
    }
}

/** For people with several memberships: where to go on. A session speaks for one organization, so the page starts over. */
export function OrganizationChoices({ me }: { me: Me }) {
    if (me.memberships.length < 2) {
        return null;
    }
    return (
        <>
            <MenuChoice
                label={words.organization}
                value={me.tenant.id}
                choices={me.memberships.map(({ tenant_id, name }) => ({ value: tenant_id, label: <span translate="no">{name}</span> }))}
                onChoose={(chosen) => {
                    const membership = me.memberships.find(({ tenant_id }) => tenant_id === chosen);
                    if (membership && chosen !== me.tenant.id) {
                        void goTo(chosen, membership.name);
                    }
                }}
            />
            <MenuLine />
        </>
    );
}
