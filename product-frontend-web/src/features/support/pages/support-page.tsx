import { useNavigate } from "@tanstack/react-router";
import { Eye, FileText, LogOut } from "lucide-react";
import type { FormEvent, ReactNode } from "react";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { TextInput } from "@/components/ui/field";
import { PageHeader } from "@/components/ui/page-header";
import { words } from "../words";

export function SupportPage() {
    const navigate = useNavigate();

    function find(event: FormEvent<HTMLFormElement>) {
        event.preventDefault();
        const q = String(new FormData(event.currentTarget).get("q")).trim();
        void navigate({ to: "/support/lookup", search: q ? { q } : {} });
    }

    return (
        <>
            <PageHeader title={words.title} intro={words.intro} />
            <div className="grid gap-5 lg:grid-cols-5">
                <Card className="p-6 lg:col-span-3" aria-labelledby="lookup">
                    <h2 id="lookup" className="text-base font-semibold">
                        {words.lookUpTitle}
                    </h2>
                    <p className="mt-1 leading-relaxed text-ink-soft">{words.lookUpText}</p>
                    <form role="search" className="mt-5 flex flex-wrap gap-2" onSubmit={find}>
                        <TextInput
                            name="q"
                            type="search"
                            aria-label={words.search}
                            placeholder={words.search}
                            aria-keyshortcuts="/"
                            autoComplete="off"
                            spellCheck={false}
                            maxLength={100}
                            className="min-w-48 flex-1"
                        />
                        <Button type="submit" tone="primary">
                            {words.lookUp}
                        </Button>
                    </form>
                    <p className="mt-3 hidden text-xs text-ink-soft sm:block">
                        {words.slashHint(
                            <kbd translate="no" className="rounded border border-line bg-sunken px-1.5 py-0.5 font-mono">
                                /
                            </kbd>,
                        )}
                    </p>
                </Card>
                <Card className="p-6 lg:col-span-2" aria-labelledby="guidelines">
                    <h2 id="guidelines" className="text-base font-semibold">
                        {words.guidelines.title}
                    </h2>
                    <ul className="mt-4 grid gap-4">
                        <Guideline icon={<Eye />} title={words.guidelines.least}>
                            {words.guidelines.leastText}
                        </Guideline>
                        <Guideline icon={<FileText />} title={words.guidelines.reason}>
                            {words.guidelines.reasonText}
                        </Guideline>
                        <Guideline icon={<LogOut />} title={words.guidelines.stop}>
                            {words.guidelines.stopText}
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
