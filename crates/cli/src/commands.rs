//! One function a command: call the application, write the result.

use std::{path::Path, process::ExitCode};

use crate::{
    arguments::{
        Arguments, Command, Export, ExportFormat, ExportMedia, Init, Job, Models, Prelabel, Project, Schema, Sync,
    },
    care, curate, import,
    output::Output,
    progress, services, shown,
};
use anyhow::Context as _;
use muster_app::{
    app::App,
    connection::{self, ConnectionDto},
    error::AppError,
    event::AppEvent,
    export::{self, ExportRequest},
    job::{self, JobDto, JobState},
    models, open,
    place::Places,
    prelabel::{self, PrelabelRequest},
    project::{self, ClassDto, ClassEdit, ProjectDto, SaveClassesRequest},
    start,
};

/// Runs a command.
pub async fn run(app: &App, arguments: Arguments, output: Output) -> anyhow::Result<ExitCode> {
    let library = arguments.library.unwrap_or_else(|| app.places().default_library());
    if let Command::Init(command) = &arguments.command {
        return init(app, &library, command, output).await;
    }
    if let Command::Care(command) = arguments.command {
        return care::run(app, &library, command, output).await;
    }
    // Models also have something to say without a library.
    let needs_library = !matches!(arguments.command, Command::Models(_));
    match open::open(app, &library, false).await {
        Err(error) if needs_library => return Err(with_hint(error).into()),
        _ => {}
    }
    match arguments.command {
        Command::Init(_) | Command::Care(_) => {}
        Command::Info => output.result(&start::library_info(app).await?, shown::library)?,
        Command::Project(command) => project_command(app, command, output).await?,
        Command::Schema(command) => schema(app, command, output).await?,
        Command::Import(command) => return import::import(app, command, output).await,
        Command::Relink(command) => import::relink(app, command, output).await?,
        Command::Changed(command) => return import::changed(app, command, output).await,
        Command::Sync(command) => return sync(app, command, output).await,
        Command::Service(command) => services::service(app, command, output).await?,
        Command::Offline(command) => return services::offline(app, command, output).await,
        Command::Prelabel(command) => return prelabel_command(app, command, output).await,
        Command::Alike(command) => return crate::alike::run(app, command, output).await,
        Command::Search(command) => crate::search::search(app, command, output).await?,
        Command::Export(command) => return export_command(app, command, output).await,
        Command::Models(command) => models_command(app, command, output).await?,
        Command::Job(command) => job_command(app, command, output).await?,
        Command::Curate(command) => curate::run(app, command, arguments.yes, output).await?,
    }
    Ok(ExitCode::SUCCESS)
}

fn with_hint(error: AppError) -> AppError {
    if error.code == muster_app::error::ErrorCode::NotALibrary {
        return error.with_remedy("make one with `muster init`, or name another folder with --library");
    }
    error
}

async fn init(app: &App, library: &Path, command: &Init, output: Output) -> anyhow::Result<ExitCode> {
    open::open(app, library, true).await?;
    if start::start_state(app).await?.person.is_none() {
        let person = command.person.clone().unwrap_or_else(Places::suggested_name);
        start::set_up(app, person, command.project.clone()).await?;
    }
    output.result(&start::library_info(app).await?, shown::library)?;
    Ok(ExitCode::SUCCESS)
}

async fn project_command(app: &App, command: Project, output: Output) -> anyhow::Result<()> {
    let project = match command.name {
        Some(name) => project::rename_project(app, name).await?,
        None => project::project(app).await?,
    };
    output.result(&project, shown::project)
}

async fn schema(app: &App, command: Schema, output: Output) -> anyhow::Result<()> {
    let before = project::project(app).await?;
    let mut classes: Vec<ClassEdit> = before.classes.iter().map(class_edit).collect();
    match command {
        Schema::List => return output.result(&before, shown::classes),
        Schema::Add { names, alias, key, colour } => {
            if names.len() > 1 && (!alias.is_empty() || key.is_some() || colour.is_some()) {
                return Err(AppError::invalid("--alias, --key and --colour go with one name").into());
            }
            for name in names {
                let next = (classes.len() % 20) as u8 + 1;
                let free = (1..=9).find(|key| classes.iter().all(|class| class.key != Some(*key)));
                classes.push(ClassEdit {
                    class_id: None,
                    name,
                    aliases: alias.clone(),
                    colour: colour.unwrap_or(next),
                    key: key.or(free),
                    retired: false,
                });
            }
        }
        Schema::Rename { name, new_name } => class_named(&mut classes, &name)?.name = new_name,
        Schema::Retire { name, back } => class_named(&mut classes, &name)?.retired = !back,
        Schema::Reorder { names } => {
            for (place, name) in names.iter().enumerate() {
                class_named(&mut classes, name)?;
                let from = classes.iter().position(|class| same(&class.name, name)).context("the class was there")?;
                let class = classes.remove(from);
                classes.insert(place.min(classes.len()), class);
            }
        }
    }
    let request = SaveClassesRequest { base_version: before.schema_version, classes };
    output.result(&project::save_classes(app, request).await?, |after: &ProjectDto| shown::classes(after))
}

fn class_edit(class: &ClassDto) -> ClassEdit {
    ClassEdit {
        class_id: Some(class.class_id.clone()),
        name: class.name.clone(),
        aliases: class.aliases.clone(),
        colour: class.colour,
        key: class.key,
        retired: class.retired,
    }
}

fn same(left: &str, right: &str) -> bool {
    left.trim().to_lowercase() == right.trim().to_lowercase()
}

fn class_named<'a>(classes: &'a mut [ClassEdit], name: &str) -> Result<&'a mut ClassEdit, AppError> {
    let known: Vec<String> = classes.iter().map(|class| class.name.clone()).collect();
    classes.iter_mut().find(|class| same(&class.name, name)).ok_or_else(|| {
        AppError::not_found(format!("class {name:?}")).with_remedy(format!("the classes are: {}", known.join(", ")))
    })
}

async fn prelabel_command(app: &App, command: Prelabel, output: Output) -> anyhow::Result<ExitCode> {
    let Prelabel { model, query, min_confidence } = command;
    let request = PrelabelRequest { model, query, capture_ids: None, min_confidence };
    finish(app, prelabel::start_prelabel(app, request).await?, output).await
}

async fn export_command(app: &App, command: Export, output: Output) -> anyhow::Result<ExitCode> {
    let request = ExportRequest {
        format: match command.format {
            ExportFormat::Coco => export::ExportFormat::Coco,
        },
        out: command.out.to_str().context("the folder's name is not UTF-8")?.to_owned(),
        query: command.query,
        capture_ids: None,
        include_proposals: command.include_proposals,
        media: match command.media {
            ExportMedia::Copy => export::ExportMedia::Copy,
            ExportMedia::Link => export::ExportMedia::Link,
            ExportMedia::None => export::ExportMedia::None,
        },
    };
    finish(app, export::start_export(app, request).await?, output).await
}

/// Waits for a job and writes how it ended.
pub async fn finish(app: &App, started: JobDto, output: Output) -> anyhow::Result<ExitCode> {
    let ended = progress::follow(app, started).await?;
    if ended.state == JobState::Done {
        output.result(&ended, progress::sentence)?;
        return Ok(ExitCode::SUCCESS);
    }
    if output.json {
        output.result(&ended, progress::sentence)?;
    } else {
        eprintln!("{}", progress::sentence(&ended));
    }
    Ok(ExitCode::FAILURE)
}

async fn sync(app: &App, command: Sync, output: Output) -> anyhow::Result<ExitCode> {
    let services = services(app, &command).await?;
    let mut code = ExitCode::SUCCESS;
    for service in &services {
        let job = connection::sync_now(app, service.service_id.clone()).await?;
        let ended = progress::follow(app, job).await?;
        if ended.state == JobState::Cancelled {
            return Ok(ExitCode::FAILURE);
        }
        if ended.state == JobState::Done {
            output.result(&ended, progress::sentence)?;
        } else {
            eprintln!("{}: {}", service.url, progress::sentence(&ended));
            code = ExitCode::FAILURE;
        }
    }
    if command.follow {
        follow(app, output).await?;
        return Ok(ExitCode::SUCCESS);
    }
    Ok(code)
}

/// The services to sync from; a new one is added with its token.
async fn services(app: &App, command: &Sync) -> anyhow::Result<Vec<ConnectionDto>> {
    let known = connection::connections(app).await?;
    let Some(url) = &command.url else {
        if known.is_empty() {
            let error = AppError::invalid("the library knows no service yet");
            return Err(error.with_remedy("give its address: muster sync URL --token-file F").into());
        }
        return Ok(known);
    };
    let url = url.trim_end_matches('/');
    let found = known.into_iter().find(|service| service.url == url);
    match (&command.token_file, found) {
        (None, Some(service)) => match services::wanted(&command.wanted)? {
            Some(wanted) => Ok(vec![connection::set_wanted(app, service.service_id, wanted).await?]),
            None => Ok(vec![service]),
        },
        (None, None) => {
            let error = AppError::invalid(format!("the library has no token for {url}"));
            Err(error.with_remedy("add --token-file F; `muster-ingest token` prints a token").into())
        }
        (Some(file), _) => {
            let token = std::fs::read_to_string(file)
                .with_context(|| format!("cannot read the token file {}", file.display()))?;
            let wanted = services::wanted(&command.wanted)?;
            let added = if command.follow {
                connection::connect(app, url.to_owned(), token, wanted).await?
            } else {
                connection::add_service(app, url.to_owned(), token, wanted).await?
            };
            Ok(vec![added])
        }
    }
}

/// Tells of arrivals until Ctrl+C; the application follows on its own.
async fn follow(app: &App, output: Output) -> anyhow::Result<()> {
    let mut events = app.events();
    eprintln!("following; Ctrl+C ends it, and everything that arrived is kept");
    loop {
        let event = tokio::select! {
            stopped = tokio::signal::ctrl_c() => return Ok(stopped?),
            event = events.recv() => event,
        };
        match event {
            Ok(AppEvent::LibraryChanged(changed)) if changed.new_captures > 0 => {
                output.result(&changed, |changed| format!("{} new captures", changed.new_captures))?;
            }
            Ok(AppEvent::Connection(connection)) => {
                if let Some(message) = connection.message {
                    eprintln!("{}: {message}", connection.url);
                }
            }
            Err(tokio::sync::broadcast::error::RecvError::Closed) => return Ok(()),
            _ => {}
        }
    }
}

async fn models_command(app: &App, command: Models, output: Output) -> anyhow::Result<()> {
    let models = models::models(app).await?;
    match command {
        Models::List => output.result(&models, |models| shown::models(models)),
        Models::Show { id } => {
            let model = models.iter().find(|model| model.id == id);
            output.result(model.ok_or_else(|| AppError::not_found(format!("model {id:?}")))?, shown::model)
        }
    }
}

async fn job_command(app: &App, command: Job, output: Output) -> anyhow::Result<()> {
    match command {
        Job::List => output.result(&job::jobs(app).await?, |jobs| shown::jobs(jobs)),
        Job::Cancel { id } => {
            job::cancel_job(app, id.clone()).await?;
            output.result(&job::job(app, &id).await?, |job| shown::jobs(std::slice::from_ref(job)))
        }
    }
}
