import { useNavigate } from "@tanstack/react-router";
import { Eye, FileText, LogOut } from "lucide-react";
import { type FormEvent, type ReactNode, useEffect, useRef } from "react";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { TextInput } from "@/components/ui/field";
import { PageHeader } from "@/components/ui/page-header";

/** "/" puts the cursor into the search box, wherever it is not typed into something else. */
function useSlashKey(focus: () => void) {
    useEffect(() => {
        function onKeyDown(event: KeyboardEvent) {
            const typing = event.target instanceof Element && event.target.closest("input, textarea, select, [contenteditable]");
            if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
                event.preventDefault();
                focus();
            }
        }
        window.addEventListener("keydown", onKeyDown);
        return () => window.removeEventListener("keydown", onKeyDown);
    });
}

export function SupportPage() {
    const navigate = useNavigate();
    const search = useRef<HTMLInputElement>(null);
    useSlashKey(() => search.current?.focus());

    function find(event: FormEvent<HTMLFormElement>) {
        event.preventDefault();
        const q = String(new FormData(event.currentTarget).get("q")).trim();
        void navigate({ to: "/support/lookup", search: q ? { q } : {} });
    }

    return (
        <>
            <PageHeader title="Support" intro="Find the organization that asked for help." />
            <div className="grid gap-5 lg:grid-cols-5">
                <Card className="p-6 lg:col-span-3" aria-labelledby="lookup">
                    <h2 id="lookup" className="text-base font-semibold">
                        Look up an organization
                    </h2>
                    <p className="mt-1 leading-relaxed text-ink-soft">By name, short name or id. You see who they are, not what they store.</p>
                    <form role="search" className="mt-5 flex flex-wrap gap-2" onSubmit={find}>
                        <TextInput
                            ref={search}
                            name="q"
                            type="search"
                            aria-label="Name, short name or id"
                            placeholder="Name, short name or id"
                            aria-keyshortcuts="/"
                            autoComplete="off"
                            spellCheck={false}
                            maxLength={100}
                            className="min-w-48 flex-1"
                        />
                        <Button type="submit" tone="primary">
                            Look up
                        </Button>
                    </form>
                    <p className="mt-3 hidden text-xs text-ink-soft sm:block">
                        Press <kbd className="rounded border border-line bg-sunken px-1.5 py-0.5 font-mono">/</kbd> anywhere on this page to search.
                    </p>
                </Card>
                <Card className="p-6 lg:col-span-2" aria-labelledby="guidelines">
                    <h2 id="guidelines" className="text-base font-semibold">
                        When you look into an organization
                    </h2>
                    <ul className="mt-4 grid gap-4">
                        <Guideline icon={<Eye />} title="Least access">
                            Look at no more than the question needs.
                        </Guideline>
                        <Guideline icon={<FileText />} title="A real reason">
                            Write what you are solving; the organization can read it.
                        </Guideline>
                        <Guideline icon={<LogOut />} title="Stop when done">
                            Access that is not needed any more is ended, not left to run out.
                        </Guideline>
                    </ul>
                </Card>
            </div>
        </>
    );
}

function Guideline({ icon, title, children }: { icon: ReactNode; title: string; children: ReactNode }) {
    return (
        <li className="flex gap-3">
            <span aria-hidden="true" className="grid size-8 shrink-0 place-items-center rounded-lg bg-accent-soft text-accent-soft-ink [&_svg]:size-4">
                {icon}
            </span>
            <p className="leading-relaxed text-ink-soft">
                <strong className="block font-medium text-ink">{title}</strong>
                {children}
            </p>
        </li>
    );
}
