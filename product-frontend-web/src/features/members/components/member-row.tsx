import { Ban, CircleCheck, UserMinus } from "lucide-react";
import { IconButton } from "@/components/ui/button";
import { Explained } from "@/components/ui/explained";
import { Select } from "@/components/ui/field";
import { StatusBadge } from "@/components/ui/status-badge";
import { formatDate } from "@/lib/format";
import { common } from "@/lib/language/common";
import type { Person } from "../api";
import { type Circle, circles, type MemberState, type PersonRole } from "../search";
import { words } from "../words";

interface MemberRowProps {
    circle: Circle;
    person: Person;
    isSelf: boolean;
    /** Nobody else could administer the others. */
    isLastAdmin: boolean;
    onRole(role: PersonRole): void;
    onState(state: MemberState): void;
    onRemove(): void;
}

export function MemberRow({ circle, person, isSelf, isLastAdmin, onRole, onState, onRemove }: MemberRowProps) {
    const disabled = person.state === "disabled";
    const role = (
        <Select
            aria-label={words.roleOf(person.name)}
            value={person.role}
            disabled={isLastAdmin}
            onChange={(event) => onRole(event.target.value as PersonRole)}
            className="w-full sm:w-48 [&_select]:h-9 [&_svg]:top-2.5"
        >
            {circles[circle].map((each) => (
                <option key={each} value={each}>
                    {common.roles[each]}
                </option>
            ))}
        </Select>
    );
    const stateButton = (
        <IconButton
            label={disabled ? words.enable(person.name) : words.disable(person.name)}
            icon={disabled ? <CircleCheck className="size-4" aria-hidden="true" /> : <Ban className="size-4" aria-hidden="true" />}
            aria-disabled={isLastAdmin}
            onClick={isLastAdmin ? undefined : () => onState(disabled ? "active" : "disabled")}
            {...(isLastAdmin ? { title: "" } : {})}
        />
    );
    const removeButton = (
        <IconButton
            label={words.remove(person.name)}
            icon={<UserMinus className="size-4" aria-hidden="true" />}
            aria-disabled={isLastAdmin}
            onClick={isLastAdmin ? undefined : onRemove}
            className="not-aria-disabled:hover:text-bad"
            {...(isLastAdmin ? { title: "" } : {})}
        />
    );
    return (
        <tr className="border-t border-line transition-colors first:border-t-0 hover:bg-sunken/60">
            <td className="w-full max-w-0 py-2.5 pl-5">
                <p className={disabled ? "truncate font-medium text-ink-soft" : "truncate font-medium"}>
                    <span translate="no" title={person.name}>
                        {person.name}
                    </span>
                    {isSelf && <span className="ml-2 text-xs font-normal text-ink-soft">{words.you}</span>}
                </p>
                <p translate="no" className="truncate text-xs text-ink-soft" title={person.email}>
                    {person.email}
                </p>
                <div className="mt-2 grid gap-2 sm:hidden">
                    {role}
                    {disabled && <StatusBadge status={person.state} className="justify-self-start" />}
                </div>
            </td>
            <td className="hidden py-2.5 pl-5 sm:table-cell">{role}</td>
            <td className="hidden py-2.5 pl-5 sm:table-cell">
                <StatusBadge status={person.state} />
            </td>
            <td className="hidden py-2.5 pl-5 whitespace-nowrap text-ink-soft tabular-nums lg:table-cell">
                <time dateTime={person.created_at}>{formatDate(person.created_at)}</time>
            </td>
            <td className="py-2.5 pr-3 pl-2 sm:pl-5">
                <div className="flex justify-end">
                    {isLastAdmin ? <Explained text={words[circle].lastAdmin}>{stateButton}</Explained> : stateButton}
                    {isLastAdmin ? <Explained text={words[circle].lastAdmin}>{removeButton}</Explained> : removeButton}
                </div>
            </td>
        </tr>
    );
}
