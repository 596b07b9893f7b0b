import { useRouter } from "@tanstack/react-router";
import { ProblemPanel } from "@/components/ui/problem-panel";
import { documentTitle } from "@/lib/session/document-title";
import { words } from "../words";

/** What is shown when a page could not be started at all. */
export function ErrorPage({ error }: { error: unknown }) {
    const router = useRouter();
    return (
        <main className="mx-auto grid min-h-[70dvh] max-w-xl place-content-center px-4">
            <title>{documentTitle(words.failed.documentTitle)}</title>
            <h1 tabIndex={-1} className="text-center text-2xl font-semibold tracking-tight">
                {words.failed.title}
            </h1>
            <ProblemPanel error={error} retry={() => router.invalidate()} />
        </main>
    );
}
