import { useQuery } from "@tanstack/react-query";
import { LifeBuoy, ScrollText, X } from "lucide-react";
import { lazy, type ReactNode, Suspense, useState } from "react";
import { Button } from "@/components/ui/button";
import { DataList, DateFilter, FilterSelect } from "@/components/ui/data-list";
import { PageHeader } from "@/components/ui/page-header";
import { SearchField } from "@/components/ui/search-field";
import { formatAge, formatDateTime } from "@/lib/format";
import { common, wordFor } from "@/lib/language/common";
import { type AuditEvent, eventsQuery, type Log } from "../api";
import { type AuditFilter, type AuditSearch, outcomes, validateAuditSearch } from "../search";
import { words } from "../words";
import { IntegrityBadge } from "./integrity-badge";
import { OutcomeBadge } from "./outcome-badge";

const EventDrawer = lazy(() => import("./event-drawer"));
const ExportMenu = lazy(() => import("./export-menu"));

const liveMs = 3_000;
/** Whoever has scrolled further than this is reading, and rows must not move under them. */
const readingFrom = 200;

interface AuditListProps {
    log: Log;
    label: string;
    /** What the list never goes beyond, and nobody takes away: its place says so. */
    within?: AuditFilter;
    search: AuditSearch;
    onSearch(next: AuditSearch, replace?: boolean): void;
}

interface AuditViewProps extends Omit<AuditListProps, "label" | "within"> {
    title: string;
    intro: string;
    /** Verifying and exporting are for those whose log it is. */
    whole: boolean;
}

/** The page of an audit log. */
export function AuditView({ title, intro, whole, ...list }: AuditViewProps) {
    const { event: _, cursor: _cursor, ...filter } = list.search;
    return (
        <>
            <PageHeader
                title={title}
                intro={intro}
                actions={
                    whole && (
                        <>
                            <IntegrityBadge log={list.log} />
                            <Suspense>
                                <ExportMenu log={list.log} filter={filter} />
                            </Suspense>
                        </>
                    )
                }
            />
            <AuditList label={title} {...list} />
        </>
    );
}

/** The events: filters in the address, a row's details in a drawer, and any cell a filter. */
export function AuditList({ log, label, within, search, onSearch }: AuditListProps) {
    const [live, setLive] = useState(false);
    const events = useQuery({
        ...eventsQuery(log, { ...search, ...within }),
        refetchInterval: live && !search.cursor ? () => (window.scrollY < readingFrom ? liveMs : false) : false,
    });
    const { event: openId, cursor, ...filter } = search;
    const opened = events.data?.items.find(({ id }) => id === openId);

    // A narrower list begins on its first page.
    function narrow(change: { [Name in keyof AuditFilter]: string }, replace = false) {
        onSearch(validateAuditSearch({ ...filter, ...change }), replace);
    }

    return (
        <>
            <DataList
                label={label}
                filters={
                    <>
                        <SearchField
                            label={words.actionHint}
                            placeholder={words.actionHint}
                            value={search.action ?? ""}
                            onSearch={(action) => narrow({ action }, true)}
                            className="w-full sm:w-64"
                        />
                        <FilterSelect
                            label={words.outcome}
                            any={words.anyOutcome}
                            value={search.outcome}
                            options={outcomes.map((outcome) => ({ value: outcome, label: words.outcomes[outcome] }))}
                            onChoose={(outcome) => narrow({ outcome })}
                            className="basis-full"
                        />
                        <DateFilter label={words.from} value={search.from} onChange={(from) => narrow({ from })} />
                        <DateFilter label={words.to} value={search.to} onChange={(to) => narrow({ to })} />
                        <Button aria-pressed={live} disabled={Boolean(cursor)} onClick={() => setLive(!live)} className="sm:ml-auto" title={words.liveOn}>
                            <span aria-hidden="true" className={live ? "size-2 animate-pulse rounded-full bg-good" : "size-2 rounded-full bg-field-line"} />
                            {words.live}
                        </Button>
                    </>
                }
                above={<Chips filter={filter} onRemove={(name) => narrow({ [name]: "" })} />}
                query={events}
                loading={words.loading}
                skeletonRows={8}
                narrowed={Boolean(cursor) || Object.keys(filter).length > 0}
                noMatch={words.noMatch}
                onClear={() => onSearch({})}
                empty={{ icon: <ScrollText />, title: words.none, text: words.noneText }}
                caption={words.caption}
                headings={[words.time, words.action, words.actor, words.target, words.outcome].map((heading) => ({ label: heading, className: "pl-5" }))}
                headClassName="max-md:sr-only"
                summary={words.onThisPage}
                cursor={cursor}
                onPage={(next) => onSearch(next ? { ...filter, cursor: next } : filter)}
            >
                {(event) => <EventRow key={event.id} event={event} onOpen={() => onSearch({ ...search, event: event.id })} onNarrow={narrow} />}
            </DataList>
            <Suspense>
                {opened && (
                    <EventDrawer
                        event={opened}
                        onClose={() => {
                            const { event: _, ...others } = search;
                            onSearch(others);
                        }}
                    />
                )}
            </Suspense>
        </>
    );
}

/** Filters that have no field of their own come from cells; here they can be taken away again. */
function Chips({ filter, onRemove }: { filter: AuditFilter; onRemove(name: keyof AuditFilter): void }) {
    const names = { actor: words.actor, target: words.target, impersonation: words.drawer.session } as const;
    const active = (Object.keys(names) as (keyof typeof names)[]).filter((name) => filter[name]);
    if (active.length === 0) {
        return null;
    }
    return (
        <ul aria-label={words.filters} className="flex flex-wrap gap-2 border-b border-line px-3 py-2.5 sm:px-5">
            {active.map((name) => (
                <li key={name} className="inline-flex max-w-full items-center gap-1 rounded-full bg-accent-soft py-0.5 pr-1 pl-3 text-xs text-accent-soft-ink">
                    {names[name]}
                    <span translate="no" className="truncate font-mono">
                        {filter[name]}
                    </span>
                    <button
                        type="button"
                        aria-label={words.removeFilter(names[name])}
                        className="grid size-6 shrink-0 place-items-center rounded-full hover:bg-surface"
                        onClick={() => onRemove(name)}
                    >
                        <X className="size-3.5" aria-hidden="true" />
                    </button>
                </li>
            ))}
        </ul>
    );
}

interface EventRowProps {
    event: AuditEvent;
    onOpen(): void;
    onNarrow(change: AuditFilter): void;
}

function EventRow({ event, onOpen, onNarrow }: EventRowProps) {
    const [target] = event.target;
    const { actor, impersonation } = event;
    return (
        <tr className="border-t border-line transition-colors first:border-t-0 hover:bg-sunken/60 max-md:block max-md:px-5 max-md:py-3 max-md:[&_td]:block max-md:[&_td]:p-0 max-md:[&_td+td]:mt-1.5">
            <td className="py-2.5 pl-5 whitespace-nowrap text-ink-soft tabular-nums">
                <time dateTime={event.time} title={formatDateTime(event.time)}>
                    {formatAge(event.time)}
                </time>
            </td>
            <td className="py-2.5 pl-5">
                <button
                    type="button"
                    aria-label={words.details(event.action)}
                    className="min-h-6 text-left font-mono text-xs font-medium break-all underline-offset-4 hover:underline"
                    onClick={onOpen}
                >
                    <span translate="no">{event.action}</span>
                </button>
            </td>
            <td className="py-2.5 pl-5">
                {actor.id ? (
                    <CellFilter label={words.onlyThis(words.actor)} text={actor.id} onClick={() => onNarrow({ actor: actor.id ?? "" })}>
                        {actor.role ? wordFor(common.roles, actor.role) : words.system}
                    </CellFilter>
                ) : (
                    <span className="text-xs text-ink-soft">{words.system}</span>
                )}
                {impersonation && (
                    <button
                        type="button"
                        title={words.onlyThis(words.drawer.session)}
                        className="mt-0.5 inline-flex min-h-6 items-center gap-1.5 rounded-full bg-view px-2 text-xs font-medium text-view-ink hover:underline"
                        onClick={() => onNarrow({ impersonation: impersonation.session })}
                    >
                        <LifeBuoy className="size-3.5" aria-hidden="true" />
                        {words.viaSupport}
                    </button>
                )}
            </td>
            <td className="py-2.5 pl-5">
                {target && (
                    <CellFilter label={words.onlyThis(words.target)} text={target.id} onClick={() => onNarrow({ target: target.id })}>
                        <span translate="no">{target.type}</span>
                    </CellFilter>
                )}
            </td>
            <td className="py-2.5 pr-5 pl-5">
                <OutcomeBadge outcome={event.outcome} />
            </td>
        </tr>
    );
}

interface CellFilterProps {
    label: string;
    text: string;
    children: ReactNode;
    onClick(): void;
}

/** A cell that becomes a filter when it is pressed. */
function CellFilter({ label, text, children, onClick }: CellFilterProps) {
    return (
        <button type="button" title={label} className="flex min-h-6 max-w-full items-center gap-2 text-left text-xs hover:underline" onClick={onClick}>
            {children}
            <span translate="no" className="font-mono text-ink-soft">
                {text.length > 13 ? `${text.slice(0, 4)}…${text.slice(-4)}` : text}
            </span>
        </button>
    );
}
