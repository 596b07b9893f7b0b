import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { notify, notifyProblem } from "@/components/ui/toasts";
import { type Project, useDeleteProject } from "../api";

/** Asks first: a project takes its items with it, and that cannot be undone. */
export default function DeleteProjectDialog({ project, onClose }: { project: Project; onClose(): void }) {
    const remove = useDeleteProject();

    function confirm() {
        remove.mutate(project, {
            onSuccess: () => {
                notify({ title: `Deleted “${project.name}”` });
                onClose();
            },
            onError: (error) => {
                notifyProblem("The project was not deleted", error);
                onClose();
            },
        });
    }

    return (
        <Dialog
            open
            onClose={onClose}
            title={`Delete “${project.name}”?`}
            description="The project and all of its items are deleted for good."
        >
            <div className="flex justify-end gap-2">
                <Button onClick={onClose}>Cancel</Button>
                <Button tone="danger" busy={remove.isPending} onClick={confirm}>
                    Delete project and items
                </Button>
            </div>
        </Dialog>
    );
}
