import type { UseQueryResult } from "@tanstack/react-query";
import { SearchX } from "lucide-react";
import type { ComponentProps, ReactNode } from "react";
import { classNames } from "@/lib/class-names";
import { common } from "@/lib/language/common";
import { Button } from "./button";
import { Card } from "./card";
import { EmptyState } from "./empty-state";
import { Select, TextInput } from "./field";
import { Pager } from "./pager";
import { QueryView } from "./query-view";
import { SkeletonRows } from "./skeleton";

export interface Heading {
    label: string;
    /** From which width on it is shown, and how it is aligned. */
    className?: string;
    /** Said to readers alone: what stands below needs no heading. */
    hidden?: boolean;
}

interface DataListProps<Row> {
    label: string;
    filters: ReactNode;
    query: UseQueryResult<{ items: Row[]; next_cursor: string | null }>;
    loading: string;
    skeletonRows: number;
    /** Something narrows the list, or it is not the first page: an empty one is then no match. */
    narrowed: boolean;
    noMatch: string;
    onClear(): void;
    empty: { icon: ReactNode; title: string; text: string; action?: ReactNode };
    caption: string;
    headings: Heading[];
    /** Where the headings have no room, and each row says by itself what it shows. */
    headClassName?: string;
    above?: ReactNode;
    summary(count: number): string;
    cursor: string | undefined;
    /** Without a cursor: to the first page. */
    onPage(cursor?: string): void;
    /** One row of the table. */
    children(row: Row): ReactNode;
}

/** A list that the server filters, sorts and pages: its filters, its table with all states, its pager. */
export function DataList<Row>({
    label,
    filters,
    query,
    loading,
    skeletonRows,
    narrowed,
    noMatch,
    onClear,
    empty,
    caption,
    headings,
    headClassName = "max-sm:sr-only",
    above,
    summary,
    cursor,
    onPage,
    children,
}: DataListProps<Row>) {
    return (
        <Card aria-label={label}>
            <div className="flex flex-wrap gap-2 border-b border-line p-3 sm:px-5">{filters}</div>
            {above}
            <QueryView
                query={query}
                skeleton={<SkeletonRows rows={skeletonRows} label={loading} />}
                isEmpty={(page) => page.items.length === 0}
                empty={
                    narrowed ? (
                        <EmptyState icon={<SearchX />} title={noMatch} text={common.noMatchText} action={<Button onClick={onClear}>{common.clearFilters}</Button>} />
                    ) : (
                        <EmptyState {...empty} />
                    )
                }
            >
                {({ items, next_cursor: next }) => (
                    <>
                        <table className="w-full text-left">
                            <caption className="sr-only">{caption}</caption>
                            <thead className={classNames("border-b border-line text-xs text-ink-soft", headClassName)}>
                                <tr>
                                    {headings.map((heading) => (
                                        <th key={heading.label} scope="col" className={classNames("py-2.5 font-medium last:pr-5 not-last:pl-5", heading.className)}>
                                            {heading.hidden ? <span className="sr-only">{heading.label}</span> : heading.label}
                                        </th>
                                    ))}
                                </tr>
                            </thead>
                            <tbody>{items.map(children)}</tbody>
                        </table>
                        <Pager summary={summary(items.length)} onFirst={cursor ? () => onPage() : undefined} onNext={next ? () => onPage(next) : undefined} />
                    </>
                )}
            </QueryView>
        </Card>
    );
}

interface FilterSelectProps extends Omit<ComponentProps<typeof Select>, "onChange" | "value"> {
    label: string;
    /** What the choice of nothing is called; without it one is always chosen. */
    any?: string;
    value: string | undefined;
    options: { value: string; label: string }[];
    /** The options are names, which nobody translates. */
    areNames?: boolean;
    onChoose(value: string): void;
}

/** One of a list's filters, or its order. */
export function FilterSelect({ label, any, value, options, areNames = false, onChoose, className, ...rest }: FilterSelectProps) {
    return (
        <Select
            {...rest}
            aria-label={label}
            value={value ?? ""}
            onChange={({ target }) => onChoose(target.value)}
            className={classNames("min-w-0 flex-1 basis-2/5 sm:w-auto sm:flex-none sm:basis-auto", className)}
        >
            {any !== undefined && <option value="">{any}</option>}
            {options.map((option) => (
                <option key={option.value} value={option.value} translate={areNames ? "no" : undefined}>
                    {option.label}
                </option>
            ))}
        </Select>
    );
}

interface DateFilterProps {
    label: string;
    /** As 2026-01-31. */
    value: string | undefined;
    onChange(day: string): void;
}

/** A day from which, or up to which, a list goes. */
export function DateFilter({ label, value, onChange }: DateFilterProps) {
    return (
        <TextInput
            type="date"
            aria-label={label}
            title={label}
            value={value ?? ""}
            onChange={({ target }) => onChange(target.value)}
            className="min-w-0 flex-1 basis-2/5 sm:w-34 sm:flex-none"
        />
    );
}
