import { zodResolver } from "@hookform/resolvers/zod";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field, TextArea, TextInput } from "@/components/ui/field";
import { FormFailure } from "@/components/ui/form-failure";
import { notify, notifyProblem } from "@/components/ui/toasts";
import { showFieldProblems } from "@/lib/api/field-problems";
import { common } from "@/lib/language/common";
import { useTakeStep } from "../api";
import { type Step, steps } from "../steps";
import { words } from "../words";

interface StepDialogProps {
    org: { id: string; name: string; slug: string };
    step: Step;
    onClose(): void;
}

/** Says what a change of state does, and takes it with its reason; what takes a lot away wants the short name typed. */
export default function StepDialog({ org, step, onClose }: StepDialogProps) {
    const { takesAway, typedSlug } = steps[step];
    const take = useTakeStep();
    const undo = useTakeStep();
    const form = useForm({
        resolver: zodResolver(
            z.object({
                reason: z
                    .string()
                    .trim()
                    .max(500, words.step.reasonTooLong)
                    .refine((text) => text.length >= 10 || !takesAway, words.step.reasonMissing),
                slug: z.string().trim().refine((text) => !typedSlug || text === org.slug, words.step.slugDiffers),
            }),
        ),
        defaultValues: { reason: "", slug: "" },
    });
    const { errors } = form.formState;

    // By then the dialog is gone, and with it whoever would hear of a mutation's end.
    async function undoDeletion() {
        try {
            await undo.mutateAsync({ id: org.id, step: "undo-deletion", reason: words.step.undoReason });
            notify({ title: words.step.done["undo-deletion"](org.name) });
        } catch (error) {
            notifyProblem(common.notSaved, error);
        }
    }

    const submit = form.handleSubmit(async ({ reason }) => {
        try {
            await take.mutateAsync({ id: org.id, step, reason });
            notify({
                title: words.step.done[step](org.name),
                action: step === "schedule-deletion" ? { label: common.undo, run: () => void undoDeletion() } : undefined,
            });
            onClose();
        } catch (error) {
            showFieldProblems(error, form);
        }
    });

    return (
        <Dialog open onClose={onClose} title={words.step.titles[step](org.name)}>
            <form className="grid gap-5" onSubmit={submit} noValidate>
                <div className="rounded-xl bg-sunken p-4">
                    <h3 className="font-medium">{words.step.whatHappens}</h3>
                    <ul className="mt-2 grid list-disc gap-1.5 pl-5 leading-relaxed text-ink-soft">
                        {words.step.effects[step].map((effect) => (
                            <li key={effect}>{effect}</li>
                        ))}
                    </ul>
                </div>
                <Field label={words.step.reason} optional={!takesAway} hint={takesAway ? words.step.reasonHint : undefined} error={errors.reason?.message}>
                    {(control) => <TextArea {...control} {...form.register("reason")} rows={3} />}
                </Field>
                {typedSlug && (
                    <Field
                        label={words.step.typeSlug(
                            <code translate="no" className="rounded bg-sunken px-1.5 py-0.5 font-mono">
                                {org.slug}
                            </code>,
                        )}
                        error={errors.slug?.message}
                    >
                        {(control) => (
                            <TextInput {...control} {...form.register("slug")} autoComplete="off" autoCapitalize="none" spellCheck={false} className="font-mono" />
                        )}
                    </Field>
                )}
                <FormFailure error={errors.root} />
                <div className="flex flex-wrap justify-end gap-2">
                    <Button onClick={onClose}>{common.cancel}</Button>
                    <Button type="submit" tone={takesAway ? "danger" : "primary"} busy={take.isPending}>
                        {words.steps[step]}
                    </Button>
                </div>
            </form>
        </Dialog>
    );
}
