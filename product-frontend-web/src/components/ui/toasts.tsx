import { Toast } from "@base-ui/react/toast";
import { X } from "lucide-react";
import { asProblem } from "@/lib/api/problem";
import { common } from "@/lib/language/common";
import { IconButton } from "./button";

const manager = Toast.createToastManager();

interface Notice {
    title: string;
    description?: string | undefined;
    action?: { label: string; run(): void } | undefined;
    tone?: "plain" | "bad";
}

/** Says in a corner what was just done, or what failed; an action such as Undo keeps it there longer. */
export function notify({ title, description, action, tone = "plain" }: Notice): void {
    const id: string = manager.add({
        title,
        description,
        type: tone,
        priority: tone === "bad" ? "high" : "low",
        timeout: action ? 10_000 : 6_000,
        ...(action
            ? {
                  actionProps: {
                      children: action.label,
                      onClick: () => {
                          manager.close(id);
                          action.run();
                      },
                  },
              }
            : {}),
    });
}

/** The same for something that failed, with the request's id where there is one. */
export function notifyProblem(what: string, error: unknown): void {
    const problem = asProblem(error);
    const reference = problem.requestId ? ` ${common.requestReference(problem.requestId)}` : "";
    notify({ title: what, description: `${problem.detail ?? problem.title}${reference}`, tone: "bad" });
}

function ToastList() {
    const { toasts } = Toast.useToastManager();
    return toasts.map((toast) => (
        <Toast.Root
            key={toast.id}
            toast={toast}
            swipeDirection={["right", "down"]}
            className="pointer-events-auto mt-3 w-full rounded-xl border border-line bg-surface text-sm text-ink shadow-float transition duration-200 data-ending-style:translate-y-2 data-ending-style:opacity-0 data-limited:hidden data-starting-style:translate-y-2 data-starting-style:opacity-0 data-[type=bad]:border-l-4 data-[type=bad]:border-l-bad"
        >
            <Toast.Content className="flex items-start gap-3 p-4">
                <div className="min-w-0 flex-1">
                    <Toast.Title className="font-medium break-words" />
                    <Toast.Description className="mt-0.5 break-words text-ink-soft" />
                </div>
                <Toast.Action className="-my-1 rounded-lg px-2.5 py-1.5 font-semibold text-accent-soft-ink hover:bg-accent-soft" />
                <Toast.Close
                    render={<IconButton label={common.dismiss} icon={<X className="size-4" />} className="-my-2 -mr-2" />}
                />
            </Toast.Content>
        </Toast.Root>
    ));
}

export function Toaster() {
    return (
        <Toast.Provider toastManager={manager} limit={3}>
            <Toast.Portal>
                <Toast.Viewport
                    aria-label={common.notifications}
                    className="pointer-events-none fixed right-4 bottom-4 z-60 flex w-[calc(100vw-2rem)] flex-col sm:right-6 sm:bottom-6 sm:w-96"
                >
                    <ToastList />
                </Toast.Viewport>
            </Toast.Portal>
        </Toast.Provider>
    );
}
