import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { notify, notifyProblem } from "@/components/ui/toasts";
import { type @Singular@, useDelete@Singular@ } from "../api";

/** Asks first: a deletion cannot be undone. */
export default function Delete@Singular@Dialog({ @one@, onClose }: { @one@: @Singular@; onClose(): void }) {
    const remove = useDelete@Singular@();

    function confirm() {
        remove.mutate(@one@, {
            onSuccess: () => notify({ title: `Deleted “${@one@.@title@}”` }),
            onError: (error) => notifyProblem("The @word@ was not deleted", error),
            onSettled: onClose,
        });
    }

    return (
        <Dialog open onClose={onClose} title={`Delete “${@one@.@title@}”?`} description="It is deleted for good.">
            <div className="flex justify-end gap-2">
                <Button onClick={onClose}>Cancel</Button>
                <Button tone="danger" busy={remove.isPending} onClick={confirm}>
                    Delete @word@
                </Button>
            </div>
        </Dialog>
    );
}
