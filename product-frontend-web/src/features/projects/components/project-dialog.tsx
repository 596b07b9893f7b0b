import { zodResolver } from "@hookform/resolvers/zod";
import { lazy, Suspense, useState } from "react";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field, TextArea, TextInput } from "@/components/ui/field";
import { FormFailure } from "@/components/ui/form-failure";
import { notify } from "@/components/ui/toasts";
import { showFieldProblems } from "@/lib/api/field-problems";
import { asProblem } from "@/lib/api/problem";
import { common } from "@/lib/language/common";
import { loadProject, type Project, useChangeProject, useCreateProject } from "../api";
import { words } from "../words";

const ConflictDialog = lazy(() => import("@/components/conflict-dialog"));

const schema = z.object({
    name: z.string().trim().min(1, words.nameMissing).max(120, words.nameTooLong),
    description: z.string().trim().max(2000, words.descriptionTooLong),
});
type Values = z.infer<typeof schema>;

function valuesOf(project: Project | null): Values {
    return { name: project?.name ?? "", description: project?.description ?? "" };
}

/** A new project, or another name and description for one that is there. */
export default function ProjectDialog({ project, onClose }: { project: Project | null; onClose(): void }) {
    const create = useCreateProject();
    const change = useChangeProject();
    const [theirs, setTheirs] = useState<Project | null>(null);
    const form = useForm<Values>({ resolver: zodResolver(schema), defaultValues: valuesOf(project) });
    const { errors } = form.formState;

    async function save({ name, description }: Values, known: Project | null) {
        try {
            const saved = known
                ? await change.mutateAsync({ project: known, change: { name, description: description || null } })
                : await create.mutateAsync({ name, ...(description ? { description } : {}) });
            notify({ title: known ? words.saved(saved.name) : words.created(saved.name) });
            onClose();
        } catch (error) {
            if (known && asProblem(error).status === 412) {
                setTheirs(await loadProject(known.id));
            } else {
                showFieldProblems(error, form);
            }
        }
    }

    if (theirs) {
        const [mine, saved] = [form.getValues(), valuesOf(theirs)];
        return (
            <Suspense>
                <ConflictDialog
                    what={words.thisProject}
                    differences={[
                        { label: words.name, mine: mine.name, theirs: saved.name },
                        { label: words.description, mine: mine.description, theirs: saved.description },
                    ].filter((each) => each.mine !== each.theirs)}
                    onKeepMine={() => save(mine, theirs)}
                    onTakeTheirs={onClose}
                />
            </Suspense>
        );
    }
    return (
        <Dialog
            open
            onClose={onClose}
            title={project ? words.changeTitle(project.name) : words.newProject}
            description={words.newProjectText}
        >
            <form className="grid gap-5" onSubmit={form.handleSubmit((values) => save(values, project))} noValidate>
                <Field label={words.name} error={errors.name?.message}>
                    {(control) => <TextInput {...control} {...form.register("name")} autoComplete="off" />}
                </Field>
                <Field label={words.description} optional error={errors.description?.message}>
                    {(control) => <TextArea {...control} {...form.register("description")} rows={4} />}
                </Field>
                <FormFailure error={errors.root} />
                <div className="flex justify-end gap-2">
                    <Button onClick={onClose}>{common.cancel}</Button>
                    <Button type="submit" tone="primary" busy={create.isPending || change.isPending}>
                        {project ? words.save : words.create}
                    </Button>
                </div>
            </form>
        </Dialog>
    );
}
