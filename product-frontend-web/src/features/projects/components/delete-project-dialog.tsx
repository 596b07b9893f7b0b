import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { notify, notifyProblem } from "@/components/ui/toasts";
import { common } from "@/lib/language/common";
import { type Project, useDeleteProject } from "../api";
import { words } from "../words";

/** Asks first: a project takes its items with it, and that cannot be undone. */
export default function DeleteProjectDialog({ project, onClose }: { project: Project; onClose(): void }) {
    const remove = useDeleteProject();

    function confirm() {
        remove.mutate(project, {
            onSuccess: () => {
                notify({ title: words.deleted(project.name) });
                onClose();
            },
            onError: (error) => {
                notifyProblem(words.notDeleted, error);
                onClose();
            },
        });
    }

    return (
        <Dialog
            open
            onClose={onClose}
            title={words.deleteQuestion(project.name)}
            description={words.deleteText}
        >
            <div className="flex justify-end gap-2">
                <Button onClick={onClose}>{common.cancel}</Button>
                <Button tone="danger" busy={remove.isPending} onClick={confirm}>
                    {words.deleteAll}
                </Button>
            </div>
        </Dialog>
    );
}
