import { Search, X } from "lucide-react";
import { type ComponentProps, useEffect, useRef, useState } from "react";
import { classNames } from "@/lib/class-names";
import { common } from "@/lib/language/common";
import { controlClasses } from "./field";

interface SearchFieldProps extends Omit<ComponentProps<"input">, "value" | "onChange" | "ref"> {
    label: string;
    value: string;
    /** Called with the trimmed text, a moment after typing stops or at once on Enter. */
    onSearch(text: string): void;
}

const settleMs = 250;

export function SearchField({ label, value, onSearch, className, ...rest }: SearchFieldProps) {
    const [text, setText] = useState(value);
    const reported = useRef(value);
    const input = useRef<HTMLInputElement>(null);

    // The address bar may change the value (Back, "clear filters"); what this field reported itself may not, as the
    // person may have typed on since.
    useEffect(() => {
        if (value !== reported.current) {
            reported.current = value;
            setText(value);
        }
    }, [value]);

    useEffect(() => {
        const settled = text.trim();
        if (settled === reported.current) {
            return;
        }
        const timer = setTimeout(() => report(settled), settleMs);
        return () => clearTimeout(timer);
    });

    function report(settled: string) {
        if (settled !== reported.current) {
            reported.current = settled;
            onSearch(settled);
        }
    }

    return (
        <form
            role="search"
            className={classNames("relative", className)}
            onSubmit={(event) => {
                event.preventDefault();
                report(text.trim());
            }}
        >
            <Search aria-hidden="true" className="pointer-events-none absolute top-3 left-3 size-4 text-ink-soft" />
            <input
                {...rest}
                ref={input}
                type="search"
                aria-label={label}
                value={text}
                maxLength={100}
                autoComplete="off"
                spellCheck={false}
                onChange={(event) => setText(event.target.value)}
                className={classNames(controlClasses, "h-10 pr-9 pl-9 [&::-webkit-search-cancel-button]:hidden")}
            />
            {text && (
                <button
                    type="button"
                    aria-label={common.clearSearch}
                    className="absolute top-1 right-1 grid size-8 place-items-center rounded-md text-ink-soft hover:text-ink"
                    onClick={() => {
                        setText("");
                        report("");
                        input.current?.focus();
                    }}
                >
                    <X className="size-4" aria-hidden="true" />
                </button>
            )}
        </form>
    );
}
