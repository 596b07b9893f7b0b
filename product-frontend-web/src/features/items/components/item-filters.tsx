import { FilterSelect } from "@/components/ui/data-list";
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
        <>
            <SearchField
                label={words.searchLabel}
                placeholder={words.searchPlaceholder}
                value={search.q ?? ""}
                onSearch={(q) => onChange({ q })}
                className="w-full sm:w-60"
            />
            <FilterSelect
                label={words.status}
                any={words.anyStatus}
                value={search.status}
                options={itemStatuses.map((status) => ({ value: status, label: statusWord(status) }))}
                onChoose={(status) => onChange({ status })}
            />
            <FilterSelect
                label={words.project}
                any={words.anyProject}
                value={search.project}
                options={projects.map(({ id, name }) => ({ value: id, label: name }))}
                areNames
                onChoose={(project) => onChange({ project })}
                className="sm:max-w-48"
            />
            <FilterSelect
                label={words.sortBy}
                any={words.sorts.newest}
                value={search.sort}
                options={itemSorts.map((sort) => ({ value: sort, label: words.sorts[sort] }))}
                onChoose={(sort) => onChange({ sort })}
                className="sm:ml-auto"
            />
        </>
    );
}
