import { Dialog } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { IconButton } from "@/components/ui/button";
import { CopyButton } from "@/components/ui/copy-button";
import { formatDateTime } from "@/lib/format";
import { common, wordFor } from "@/lib/language/common";
import type { AuditEvent } from "../api";
import { words } from "../words";
import { OutcomeBadge } from "./outcome-badge";

/** One event in full: who, on what, from where, and what was different afterwards. */
export default function EventDrawer({ event, onClose }: { event: AuditEvent; onClose(): void }) {
    const { actor, impersonation, diff } = event;
    const facts = Object.entries(event.facts);
    return (
        <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
            <Dialog.Portal>
                <Dialog.Backdrop className="fixed inset-0 z-40 bg-slate-950/40 transition-opacity duration-150 data-starting-style:opacity-0" />
                <Dialog.Popup className="fixed inset-y-0 right-0 z-50 w-full overflow-y-auto border-l border-line bg-surface p-6 text-sm text-ink shadow-float transition-transform duration-150 data-starting-style:translate-x-full sm:max-w-lg">
                    <div className="mb-5 flex items-start gap-2">
                        <Dialog.Title translate="no" className="min-w-0 flex-1 font-mono text-base font-semibold break-all">
                            {event.action}
                        </Dialog.Title>
                        <CopyButton text={location.href} label={words.drawer.copyLink} />
                        <Dialog.Close render={<IconButton label={common.close} icon={<X className="size-4" />} />} />
                    </div>
                    <dl className="grid grid-cols-[auto_1fr] gap-x-5 gap-y-2.5">
                        <Line name={words.outcome}>
                            <OutcomeBadge outcome={event.outcome} />
                        </Line>
                        <Line name={words.time}>
                            <time dateTime={event.time}>{formatDateTime(event.time)}</time>
                        </Line>
                        <Line name={words.drawer.number}>{event.seq}</Line>
                        <Line name={words.actor} data={actor.id ?? (actor.type === "system" ? words.system : null)} />
                        <Line name={words.drawer.role}>{actor.role && wordFor(common.roles, actor.role)}</Line>
                        <Line name={words.drawer.organization} data={actor.tenant} />
                        <Line name={words.drawer.onBehalfOf} data={event.on_behalf_of} />
                        {event.target.map(({ type, id }) => (
                            <Line key={type + id} name={words.target} data={`${type} ${id}`} />
                        ))}
                        <Line name={words.drawer.route} data={event.route} />
                        <Line name={words.drawer.status}>{event.status}</Line>
                        <Line name={words.drawer.request} data={event.request_id} />
                        <Line name={words.drawer.session} data={impersonation?.session} />
                        <Line name={words.drawer.mode} data={impersonation?.mode} />
                        <Line name={words.drawer.reason} data={impersonation?.reason} />
                        <Line name={words.drawer.ticket} data={impersonation?.ticket} />
                    </dl>
                    {diff && <Diff before={diff.before} after={diff.after} />}
                    {facts.length > 0 && (
                        <section className="mt-6">
                            <h3 className="font-semibold">{words.drawer.circumstances}</h3>
                            <dl className="mt-2 grid grid-cols-[auto_1fr] gap-x-5 gap-y-1.5">
                                {facts.map(([name, value]) => (
                                    <Line key={name} name={<span translate="no">{name}</span>} data={shown(value)} />
                                ))}
                            </dl>
                        </section>
                    )}
                    <section className="mt-6 border-t border-line pt-4">
                        <h3 className="text-xs text-ink-soft">{words.drawer.hash}</h3>
                        <p className="mt-1 flex items-start gap-1">
                            <code translate="no" className="min-w-0 flex-1 font-mono text-xs break-all">
                                {event.hash}
                            </code>
                            <CopyButton text={event.hash} label={words.drawer.copyHash} className="size-8" />
                        </p>
                    </section>
                </Dialog.Popup>
            </Dialog.Portal>
        </Dialog.Root>
    );
}

interface LineProps {
    name: ReactNode;
    /** As the log has it: an id, a route, somebody's sentence. */
    data?: string | null | undefined;
    children?: ReactNode;
}

function Line({ name, data, children }: LineProps) {
    if (!data && !children && children !== 0) {
        return null;
    }
    return (
        <>
            <dt className="text-ink-soft">{name}</dt>
            <dd className="min-w-0 break-words">
                {children}
                {data && (
                    <span translate="no" className="font-mono text-xs break-all">
                        {data}
                    </span>
                )}
            </dd>
        </>
    );
}

function shown(value: unknown): string {
    return typeof value === "string" ? value : JSON.stringify(value);
}

function Cell({ side, name }: { side: Record<string, unknown>; name: string }) {
    return Object.hasOwn(side, name) ? <span translate="no">{shown(side[name])}</span> : <span className="text-ink-soft">{words.drawer.absent}</span>;
}

function Diff({ before, after }: { before: Record<string, unknown>; after: Record<string, unknown> }) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return (
        <table className="mt-6 w-full text-left text-xs">
            <caption className="mb-2 text-left text-sm font-semibold">{words.drawer.changed}</caption>
            <thead className="text-ink-soft">
                <tr>
                    <th scope="col" className="py-1.5 pr-3 font-medium">
                        {words.drawer.field}
                    </th>
                    <th scope="col" className="py-1.5 pr-3 font-medium">
                        {words.drawer.before}
                    </th>
                    <th scope="col" className="py-1.5 font-medium">
                        {words.drawer.after}
                    </th>
                </tr>
            </thead>
            <tbody className="font-mono">
                {names.map((name) => (
                    <tr key={name} className="border-t border-line align-top">
                        <th scope="row" translate="no" className="py-1.5 pr-3 font-medium">
                            {name}
                        </th>
                        <td className="py-1.5 pr-3 break-all"><Cell side={before} name={name} /></td>
                        <td className="py-1.5 break-all"><Cell side={after} name={name} /></td>
                    </tr>
                ))}
            </tbody>
        </table>
    );
}
