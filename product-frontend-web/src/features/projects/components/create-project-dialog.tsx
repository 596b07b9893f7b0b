import { zodResolver } from "@hookform/resolvers/zod";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field, TextArea, TextInput } from "@/components/ui/field";
import { FormFailure } from "@/components/ui/form-failure";
import { notify } from "@/components/ui/toasts";
import { showFieldProblems } from "@/lib/api/field-problems";
import { common } from "@/lib/language/common";
import { useCreateProject } from "../api";
import { words } from "../words";

const schema = z.object({
    name: z.string().trim().min(1, words.nameMissing).max(120, words.nameTooLong),
    description: z.string().trim().max(2000, words.descriptionTooLong),
});
type Values = z.infer<typeof schema>;

export default function CreateProjectDialog({ onClose }: { onClose(): void }) {
    const create = useCreateProject();
    const form = useForm<Values>({ resolver: zodResolver(schema), defaultValues: { name: "", description: "" } });
    const { errors } = form.formState;

    const submit = form.handleSubmit(async ({ name, description }) => {
        try {
            const project = await create.mutateAsync({ name, ...(description ? { description } : {}) });
            notify({ title: words.created(project.name) });
            onClose();
        } catch (error) {
            showFieldProblems(error, form);
        }
    });

    return (
        <Dialog open onClose={onClose} title={words.newProject} description={words.newProjectText}>
            <form className="grid gap-5" onSubmit={submit} noValidate>
                <Field label={words.name} error={errors.name?.message}>
                    {(control) => <TextInput {...control} {...form.register("name")} autoComplete="off" />}
                </Field>
                <Field label={words.description} optional error={errors.description?.message}>
                    {(control) => <TextArea {...control} {...form.register("description")} rows={4} />}
                </Field>
                <FormFailure>{errors.root?.message}</FormFailure>
                <div className="flex justify-end gap-2">
                    <Button onClick={onClose}>{common.cancel}</Button>
                    <Button type="submit" tone="primary" busy={create.isPending}>
                        {words.create}
                    </Button>
                </div>
            </form>
        </Dialog>
    );
}
