import { Select } from "@/components/ui/field";
import { SearchField } from "@/components/ui/search-field";
import { statusWord } from "@/components/ui/status-badge";
import { itemSorts, type ItemSearch, itemStatuses } from "../search";
import { words } from "../words";

interface ItemFiltersProps {
    search: ItemSearch;
    projects: { id: string; name: string }[];
    onChange(change: Partial<Record<"q" | "status" | "project" | "sort", string>>): void;
}

export function ItemFilters({ search, projects, onChange }: ItemFiltersProps) {
    return (
        <div className="flex flex-wrap gap-2 border-b border-line p-3 sm:px-5">
            <SearchField
                label={words.searchLabel}
                placeholder={words.searchPlaceholder}
                value={search.q ?? ""}
                onSearch={(q) => onChange({ q })}
                className="w-full sm:w-60"
            />
            <Select
                aria-label={words.status}
                value={search.status ?? ""}
                onChange={(event) => onChange({ status: event.target.value })}
                className="min-w-0 flex-1 basis-2/5 sm:w-auto sm:flex-none sm:basis-auto"
            >
                <option value="">{words.anyStatus}</option>
                {itemStatuses.map((status) => (
                    <option key={status} value={status}>
                        {statusWord(status)}
                    </option>
                ))}
            </Select>
            <Select
                aria-label={words.project}
                value={search.project ?? ""}
                onChange={(event) => onChange({ project: event.target.value })}
                className="min-w-0 flex-1 basis-2/5 sm:w-auto sm:max-w-48 sm:flex-none sm:basis-auto"
            >
                <option value="">{words.anyProject}</option>
                {projects.map((project) => (
                    <option key={project.id} translate="no" value={project.id}>
                        {project.name}
                    </option>
                ))}
            </Select>
            <Select
                aria-label={words.sortBy}
                value={search.sort ?? ""}
                onChange={(event) => onChange({ sort: event.target.value })}
                className="min-w-0 flex-1 basis-2/5 sm:ml-auto sm:w-auto sm:flex-none sm:basis-auto"
            >
                <option value="">{words.sorts.newest}</option>
                {itemSorts.map((sort) => (
                    <option key={sort} value={sort}>
                        {words.sorts[sort]}
                    </option>
                ))}
            </Select>
        </div>
    );
}
