import { useNavigate } from "@tanstack/react-router";
import { ArrowRight, Ellipsis } from "lucide-react";
import { IconButton } from "@/components/ui/button";
import { Menu, MenuItem, MenuLine } from "@/components/ui/menu";
import type { RegisteredOrg } from "../api";
import { type Step, stepsFrom } from "../steps";
import { words } from "../words";
import { stepIcons } from "./step-icons";

/** What can be done with one organization of the list. */
export default function OrgMenu({ org, onStep }: { org: RegisteredOrg; onStep(step: Step): void }) {
    const navigate = useNavigate();
    const steps = stepsFrom(org);
    return (
        <Menu trigger={<IconButton label={words.actionsFor(org.name)} icon={<Ellipsis className="size-4" aria-hidden="true" />} />}>
            <MenuItem icon={<ArrowRight />} onClick={() => void navigate({ to: "/admin/orgs/$id", params: { id: org.id } })}>
                {words.open}
            </MenuItem>
            {steps.length > 0 && <MenuLine />}
            {steps.map((step) => {
                const Icon = stepIcons[step];
                return (
                    <MenuItem key={step} icon={<Icon />} onClick={() => onStep(step)}>
                        {words.steps[step]}
                    </MenuItem>
                );
            })}
        </Menu>
    );
}
